import type { Task } from '../playbook/playbook.ts';
import type { PlannedTask } from './plan.ts';
import type { Part, PlanSite } from './plan-site.ts';
import { isApproval, isChildRun } from './transition.ts';

/** What was found out about a task, or one item of its loop. */
export type Found = Pick<PlannedTask, 'is' | 'summary'> &
  Partial<Pick<PlannedTask, 'diff' | 'with' | 'predicted' | 'overridden'>>;

export function rowOf(site: PlanSite, task: Task, part: Part, item: string | null, found: Found): PlannedTask {
  const step = isChildRun(task) || isApproval(task) ? null : site.drive.step(task);
  const { is, summary, diff = null, predicted = null, overridden = null } = found;
  const hold = step?.effect === 'hold';
  return {
    id: `${site.prefix}${task.id}`,
    item,
    part,
    block: task.branch?.block ?? null,
    branch: task.branch?.index ?? null,
    uses: task.uses,
    is,
    summary,
    diff,
    with: found.with ?? null,
    predicted,
    not_tried: is === 'change' ? (step?.proves ?? null) : null,
    undo: undoOf(site, task, part),
    pivot: task.pivot,
    hold,
    held_until: hold ? releaserOf(site, task) : null,
    retries: task.retry?.max ?? 0,
    overridden,
  };
}

/** From the pivot on nothing is undone; a child run that passes its own keeps what it did. */
function undoOf(site: PlanSite, task: Task, part: Part): PlannedTask['undo'] {
  if (part !== 'task' || isApproval(task) || task.rollback === 'none' || isFinal(site, task)) return 'none';
  const child = isChildRun(task) ? site.drive.playbook.children.get(task.uses) : undefined;
  if (child) return child.tasks.some(({ pivot }) => pivot) ? 'kept' : 'yes';
  const { effect } = site.drive.step(task);
  if (effect === 'none') return 'none';
  return effect === 'once' && !task.rollback ? 'kept' : 'yes';
}

/** Whether the point of no return is passed when this task is done. */
export function isFinal({ drive, final }: PlanSite, task: Task): boolean {
  const { tasks } = drive.playbook;
  const pivot = tasks.findIndex((candidate) => candidate.pivot);
  return final || (pivot !== -1 && tasks.indexOf(task) >= pivot);
}

function releaserOf({ drive, prefix }: PlanSite, hold: Task): string | null {
  const task = drive.playbook.tasks.find(({ releases }) => releases === hold.id);
  return task ? `${prefix}${task.id}` : null;
}

/** A child run counts by its own tasks. */
export function countChanges(rows: readonly PlannedTask[]): number {
  return rows.filter((row) => row.is === 'change' && !isChildRun(row)).length;
}
