import type { PlaybookDraft } from './decode-playbook.ts';
import type { TaskDraft } from './decode-task.ts';
import type { Known } from './known.ts';
import { entryOf } from './node.ts';
import type { Problems } from './problems.ts';

/** What cannot be undone, or hurts while it lasts, does not meet tasks that run at the same time. */
export function checkBranches({ tasks }: PlaybookDraft, { steps }: Known, problems: Problems): void {
  for (const task of tasks) {
    checkPivot(task, problems);
    if (task.branch) checkRelease(task, task.branch, tasks, steps, problems);
  }
}

function checkPivot(task: TaskDraft, problems: Problems): void {
  const at = entryOf(task.node, 'pivot');
  if (!task.pivot || !at) return;
  if (task.branch) {
    const problem = 'a pivot cannot stand in a branch: the other branches could no longer be rolled back';
    problems.add(at, problem, 'move it behind the block');
  } else if (task.for_each && task.for_each.max_parallel > 1) {
    const problem = 'a pivot cannot be passed by several items at a time';
    problems.add(at, problem, 'leave out max_parallel');
  }
}

function checkRelease(
  { releases, node }: TaskDraft,
  { block, index }: NonNullable<TaskDraft['branch']>,
  tasks: readonly TaskDraft[],
  steps: Known['steps'],
  problems: Problems,
): void {
  const at = entryOf(node, 'releases');
  const held = tasks.find(({ id }) => id === releases);
  if (!at || !held || steps.get(held.uses.uses)?.effect !== 'hold') return;
  if (held.branch?.block === block && held.branch.index === index) return;
  const problem = `${held.id} is not held by this branch of ${block.id}: others may still need it`;
  problems.add(at, problem, 'release it after the block, or take it in this branch');
}
