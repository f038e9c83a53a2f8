import type { Json } from '../journal/record.ts';
import { compileTemplate } from '../playbook/compile-template.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import type { PlannedProbe, PlannedTask } from './plan.ts';
import { Knowledge, type Known } from './plan-knowledge.ts';
import {
  type ChildOrder,
  type PlannedPlaybook,
  type PlanSite,
  refuseGuess,
  scopeOfPlan,
  type Watch,
} from './plan-site.ts';
import { planTask } from './plan-task.ts';

/** Plans a playbook from its prechecks to its outputs, child runs included. `open`: another playbook, ready to look. */
export async function planPlaybook(
  around: Omit<PlanSite, 'child' | 'knowledge' | 'holds'>,
  open: (playbook: Playbook) => Watch,
): Promise<PlannedPlaybook> {
  const child = ({ playbook, ...order }: ChildOrder) =>
    planPlaybook({ ...around, ...order, drive: open(playbook), overrides: new Map() }, open);
  const site: PlanSite = { ...around, child, knowledge: new Knowledge(), holds: new Set() };
  const { playbook } = around.drive;
  const rows: PlannedTask[] = [];
  for (const task of playbook.prechecks) rows.push(...(await planTask(site, task, 'precheck')));
  for (const tasks of blocksOf(playbook.tasks)) rows.push(...(await planBlock(site, tasks)));
  for (const task of playbook.finally) rows.push(...(await planTask(site, task, 'finally')));
  return { tasks: rows, probes: probesOf(site), outputs: outputsOf(site) };
}

/**
 * The tasks of a parallel block, or a single one. Every branch looks at the world as it is when the block begins: what
 * the branches change, they change beside each other.
 */
async function planBlock(site: PlanSite, tasks: readonly Task[]): Promise<PlannedTask[]> {
  const { foresight } = site;
  const before = foresight.changed;
  const rows: PlannedTask[] = [];
  let branch: number | null = null;
  let first: string | null = null;
  for (const task of tasks) {
    const index = task.branch?.index ?? null;
    if (index !== branch) foresight.changed = before;
    branch = index;
    rows.push(...(await planTask(site, task, 'task')));
    first ??= foresight.changed;
  }
  foresight.changed = first;
  return rows;
}

/** Tasks that belong together: those of a parallel block, and each other one alone. */
function blocksOf(tasks: readonly Task[]): Task[][] {
  const blocks: Task[][] = [];
  for (const task of tasks) {
    const last = blocks.at(-1);
    const together = task.branch !== null && last?.[0]?.branch?.block === task.branch.block;
    if (together && last) last.push(task);
    else blocks.push([task]);
  }
  return blocks;
}

function probesOf({ drive, prefix }: PlanSite): PlannedProbe[] {
  return drive.playbook.probes.map(({ id, uses, from, until, must }) => ({
    id: `${prefix}${id}`,
    uses,
    from,
    until,
    writes: drive.probe(uses).writes,
    must: must?.text ?? null,
  }));
}

/** Each output for itself: one that depends on what is not known does not take the others with it. */
function outputsOf(site: PlanSite): Known {
  const { source } = site.drive.playbook.outputs;
  const scope = scopeOfPlan(site);
  const out: Record<string, Json> = {};
  let whole = true;
  for (const [name, value] of Object.entries(source ?? {})) {
    try {
      refuseGuess(site.knowledge, value);
      out[name] = JSON.parse(JSON.stringify(compileTemplate(value, 'null').render(scope) ?? null));
    } catch {
      whole = false;
    }
  }
  return { out, whole };
}
