import { approveParams, approveUses } from './approve.ts';
import { checkApprove } from './check-approve.ts';
import { checkBare, condition, key, list } from './check-bare.ts';
import { checkBranches } from './check-branches.ts';
import { checkChild } from './check-child.ts';
import { checkEffects } from './check-effects.ts';
import { checkIds } from './check-ids.ts';
import { checkPrecheck } from './check-precheck.ts';
import { checkProbe } from './check-probe.ts';
import { checkTemplates } from './check-template.ts';
import { checkWith } from './check-with.ts';
import { didYouMean } from './decode.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { StepUse, TaskDraft } from './decode-task.ts';
import { isChild, type Known, usedBy } from './known.ts';
import { entryOf } from './node.ts';
import { PlaybookScope } from './playbook-scope.ts';
import type { Problems } from './problems.ts';
import { any, type Shape } from './shape.ts';

/** Everything about a playbook that needs its steps and children: ids, effects, risk, parameters, expressions. */
export function checkPlaybook(draft: PlaybookDraft, known: Known, problems: Problems): void {
  const tasks = [...draft.prechecks, ...draft.tasks, ...draft.finally];
  checkIds(draft, problems);
  const written = entryOf(draft.node, 'tasks');
  if (written?.kind === 'list' && written.items.length === 0) problems.add(written, 'tasks is empty', 'add a task');
  checkEffects(draft, known, problems);
  checkBranches(draft, known, problems);
  const scope = new PlaybookScope(draft, known);
  for (const task of draft.prechecks) checkPrecheck(task, problems);
  for (const probe of draft.probes) checkProbe(probe, draft, known, scope, problems);
  for (const task of tasks) {
    checkUse(task, draft, known, problems);
    checkReleases(task, tasks, known, problems);
    checkTaskExpressions(task, draft, known, scope, problems);
  }
  if (draft.outputs) checkTemplates(draft.outputs, { empty: true }, scope.end, problems);
}

function checkUse(task: TaskDraft, draft: PlaybookDraft, known: Known, problems: Problems): void {
  const { uses, at } = task.uses;
  const used = usedBy(uses, known);
  const inTasks = draft.tasks.includes(task);
  if (used?.kind === 'approve') checkApprove(task, draft, problems);
  else if (isChild(uses) && !inTasks) {
    problems.add(at, 'a child run starts in tasks only', 'move it to tasks, or use a step here');
  } else if (!used && !isChild(uses))
    problems.add(at, `there is no step ${uses}`, didYouMean(uses, [...known.stepIds, approveUses]));
  if (task.rollback && task.rollback !== 'none') checkRollback(task, task.rollback, known, problems);
}

function checkRollback(task: TaskDraft, { uses, at }: StepUse, known: Known, problems: Problems): void {
  if (isChild(task.uses.uses)) {
    problems.add(at, 'rolling back a child run undoes its own tasks', 'leave rollback out, or write rollback: none');
  } else if (usedBy(uses, known)?.kind === 'step') return;
  else if (isChild(uses) || usedBy(uses, known))
    problems.add(at, `a rollback is a step, ${uses} is none`, 'name a step, or write rollback: none');
  else problems.add(at, `there is no step ${uses}`, didYouMean(uses, known.stepIds));
}

function checkReleases(
  { releases, node }: TaskDraft,
  tasks: readonly TaskDraft[],
  { steps }: Known,
  problems: Problems,
): void {
  const at = entryOf(node, 'releases');
  if (releases === null || !at) return;
  const ids = tasks.filter((task) => task.node.start < node.start).map(({ id }) => id);
  if (!ids.includes(releases))
    problems.add(at, `releases names no earlier task: ${releases}`, didYouMean(releases, ids));
  const held = tasks.find(({ id }) => id === releases);
  if (!held) return;
  const step = steps.get(held.uses.uses);
  if (step && step.effect !== 'hold') problems.add(at, `${releases} is no hold: ${step.id} has effect ${step.effect}`);
  else if (!step && ids.includes(releases)) problems.add(at, `${releases} is no hold: ${held.uses.uses} is no step`);
}

function checkTaskExpressions(
  task: TaskDraft,
  draft: PlaybookDraft,
  known: Known,
  scope: PlaybookScope,
  problems: Problems,
): void {
  const outside = scope.before(task);
  const guards = task.when ? checkBare(task.when, outside, condition, problems)?.guards : undefined;
  const guarded = scope.before(task, new Map(), guards);
  const items = task.for_each ? checkBare(task.for_each.in, guarded, list, problems)?.shape : undefined;
  const inside = task.for_each ? scope.before(task, new Map([[task.for_each.as, itemOf(items)]]), guards) : guarded;
  if (task.for_each) checkBare(task.for_each.key, inside, key, problems);
  if (task.confirm) checkTemplates(task.confirm, { empty: false }, inside, problems);
  const used = usedBy(task.uses.uses, known);
  if (used?.kind === 'step') checkWith(task.uses.with, used.step.params, task.node, inside, problems);
  else if (used?.kind === 'child') checkChild(task.uses, used.playbook, draft, task.node, inside, problems);
  else if (used?.kind === 'approve') checkWith(task.uses.with, approveParams, task.node, inside, problems);
  else if (task.uses.with) checkTemplates(task.uses.with, { empty: true }, inside, problems);
  if (!task.rollback || task.rollback === 'none') return;
  const undo = known.steps.get(task.rollback.uses);
  if (undo) checkWith(task.rollback.with, undo.params, task.rollback.at, inside, problems);
}

function itemOf(shape: Shape | undefined): Shape {
  return shape?.kind === 'list' ? shape.items : any;
}
