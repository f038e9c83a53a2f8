import { asPgdbaError } from '../errors/pgdba-error.ts';
import { formatDuration } from '../formats/duration.ts';
import type { Json } from '../journal/record.ts';
import { approve, approveTimeout } from '../playbook/approve.ts';
import { bindParams } from '../playbook/params.ts';
import type { ForEach, Task } from '../playbook/playbook.ts';
import type { Scope } from '../playbook/template.ts';
import { loopItems } from './loop-items.ts';
import type { PlannedTask } from './plan.ts';
import { planChild } from './plan-child.ts';
import type { Known } from './plan-knowledge.ts';
import { type Found, rowOf } from './plan-row.ts';
import { evaluate, NotKnown, type Part, type PlanSite, refuseGuess, scopeOfPlan } from './plan-site.ts';
import { type Learned, planUnit } from './plan-unit.ts';
import { isApproval, isChildRun } from './transition.ts';

/** The rows of one task: itself, one for each item of its loop, and those of the child runs it starts. */
export async function planTask(site: PlanSite, task: Task, part: Part): Promise<PlannedTask[]> {
  const { knowledge } = site;
  site.signal.throwIfAborted();
  try {
    const scope = scopeOfPlan(site);
    if (task.when && evaluate(site, task.when, scope) !== true) {
      knowledge.learn(task.id, { status: 'skipped', changed: false, whole: true });
      return [rowOf(site, task, part, null, { is: 'skip', summary: `not when: ${task.when.text}` })];
    }
    if (task.for_each) return await planLoop(site, task, task.for_each, part);
    const { rows, known } = await planItem(site, task, part, null, scope);
    learn(site, task, known);
    return rows;
  } catch (thrown) {
    learn(site, task, null);
    return [rowOf(site, task, part, null, failure(site, task, part, thrown))];
  }
}

async function planLoop(site: PlanSite, task: Task, loop: ForEach, part: Part): Promise<PlannedTask[]> {
  const rows: PlannedTask[] = [];
  const results: { key: string; known: Known | null }[] = [];
  const scope = scopeOfPlan(site);
  // All of them before the first is planned: a list that is wrong refuses the run, not its second item.
  for (const { key, value } of loopItems(loop, scope, (expression, at) => evaluate(site, expression, at))) {
    const planned = await planItem(site, task, part, key, { ...scope, [loop.as]: value });
    rows.push(...planned.rows);
    results.push({ key, known: planned.known });
  }
  site.knowledge.learn(task.id, together(results));
  if (rows.length === 0) return [rowOf(site, task, part, null, { is: 'ok', summary: 'nothing to do: no items' })];
  return rows;
}

/** One item, or the task itself. What it cannot find out stands in its row. */
async function planItem(
  site: PlanSite,
  task: Task,
  part: Part,
  item: string | null,
  scope: Scope,
): Promise<{ rows: PlannedTask[]; known: Known | null }> {
  try {
    if (isChildRun(task)) {
      const { found, known, below } = await planChild(site, task, item, scope);
      return { rows: [rowOf(site, task, part, item, found), ...below], known };
    }
    const { found, known } = await (isApproval(task)
      ? planApproval(site, task, scope)
      : planUnit(site, task, item, scope));
    return { rows: [rowOf(site, task, part, item, found)], known };
  } catch (thrown) {
    return { rows: [rowOf(site, task, part, item, failure(site, task, part, thrown))], known: null };
  }
}

/** A run stops here for as long as it takes: what its checks said before, they are asked again afterwards. */
async function planApproval(site: PlanSite, task: Task, scope: Scope): Promise<Learned> {
  refuseGuess(site.knowledge, task.with.source);
  const { question, timeout = approveTimeout } = await bindParams(approve, task.with.render(scope));
  const who = `anybody but who starts the run may answer, within ${formatDuration(Number(timeout))}`;
  return { found: { is: 'ask', summary: `${question} (${who})` }, known: null };
}

/** An expression that lacks a result is unknown; a look that fails refuses only while nothing would have changed. */
function failure(site: PlanSite, task: Task, part: Part, thrown: unknown): Found {
  const { knowledge, foresight, prefix, signal } = site;
  if (signal.aborted) throw thrown;
  const error = asPgdbaError(thrown);
  const { expression } = error.code === 'EXPRESSION_FAILED' ? error.facts : {};
  const on = thrown instanceof NotKnown ? thrown.on : knowledge.lacking(String(expression ?? ''));
  const overridden = part === 'precheck' ? site.overrides.get(task.id) : undefined;
  const { earliest } = foresight;
  if (on === null && overridden === undefined && earliest === null) {
    foresight.refusals.push({ task: { ...task, id: `${prefix}${task.id}` }, error: error.toData() });
  }
  if (mayChange(site, task)) foresight.mark(`${prefix}${task.id}`);
  if (on !== null) return { is: 'unknown', summary: `depends on ${on}` };
  const summary = earliest === null ? error.message : `while ${earliest} is not done: ${error.message}`;
  return { is: 'cannot-check', summary, overridden: overridden ?? null };
}

function mayChange({ drive }: PlanSite, task: Task): boolean {
  if (isApproval(task)) return false;
  return isChildRun(task) || drive.step(task).effect !== 'none';
}

function learn({ knowledge }: PlanSite, task: Task, known: Known | null): void {
  if (known) knowledge.learn(task.id, known);
  else knowledge.giveUp(task.id);
}

/** What is known of a loop: of each item as much as there is, of the whole only what all items tell. */
function together(results: readonly { key: string; known: Known | null }[]): Known {
  const items: Record<string, Json> = {};
  for (const { key, known } of results) if (known?.out !== undefined) items[key] = known.out;
  const whole = results.every(({ known }) => known?.whole === true);
  const changed = results.some(({ known }) => known?.changed === true);
  const sure = changed || results.every(({ known }) => known?.changed === false);
  return { status: 'ok', ...(sure ? { changed } : {}), items, whole };
}
