import type { Json } from '../journal/record.ts';
import { bindChildInputs } from '../playbook/bind-inputs.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import type { Scope } from '../playbook/template.ts';
import type { PlannedTask } from './plan.ts';
import type { Known } from './plan-knowledge.ts';
import { countChanges, type Found, isFinal } from './plan-row.ts';
import { type PlanSite, refuseGuess } from './plan-site.ts';
import type { Learned } from './plan-unit.ts';
import { isChildRun } from './transition.ts';

/** The plan of a child run: what it comes to for its parent, and the rows below that. */
export interface PlannedChild extends Learned {
  readonly below: readonly PlannedTask[];
}

/** Errors: NotKnown, EXPRESSION_FAILED, INPUT_INVALID, INPUT_MISSING. */
export async function planChild(site: PlanSite, task: Task, item: string | null, scope: Scope): Promise<PlannedChild> {
  const playbook = site.drive.playbook.children.get(task.uses);
  if (!playbook) throw new Error(`${task.uses} was not loaded with its playbook`);
  refuseGuess(site.knowledge, task.with.source);
  const inputs = inputsOf(playbook, task, task.with.render(scope));
  const prefix = `${site.prefix}${task.id}${item === null ? '' : `[${item}]`}/`;
  const planned = await site.child({ playbook, inputs, prefix, final: isFinal(site, task) });
  const found = comesTo(playbook, planned.tasks);
  return { found, known: knownOf(found, planned.outputs), below: planned.tasks };
}

function inputsOf(playbook: Playbook, { id }: Task, rendered: unknown): Readonly<Record<string, Json>> {
  const bound: Record<string, Json> = JSON.parse(JSON.stringify(bindChildInputs(playbook, rendered, id)));
  return bound;
}

function comesTo({ name, version }: Playbook, rows: readonly PlannedTask[]): Found {
  const summary = (what: string) => `${name} ${version}: ${what}`;
  const count = (is: PlannedTask['is']) => rows.filter((row) => row.is === is && !isChildRun(row)).length;
  const refused = rows.some(({ part, is, overridden }) => part === 'precheck' && is === 'cannot-check' && !overridden);
  const failing = count('cannot-check');
  if (refused) return { is: 'cannot-check', summary: summary('a precheck fails') };
  const changes = countChanges(rows);
  if (changes > 0) return { is: 'change', summary: summary(changes === 1 ? '1 change' : `${changes} changes`) };
  if (failing > 0) return { is: 'cannot-check', summary: summary(`${failing} cannot be checked`) };
  const unknown = count('unknown') + count('ask');
  if (unknown > 0) return { is: 'unknown', summary: summary(`${unknown} not known`) };
  return { is: 'ok', summary: summary('already so') };
}

/** Nobody knows how a child run ends of which nobody knows whether it changes something. */
function knownOf({ is }: Found, outputs: Known): Known | null {
  if (is === 'change') return { ...outputs, status: 'changed', changed: true };
  return is === 'ok' ? { ...outputs, status: 'ok', changed: false } : null;
}
