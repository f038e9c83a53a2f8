import type { AnyProbe } from '../step/define-probe.ts';
import { type AnyStep, type Risk, risks } from '../step/define-step.ts';
import { checkExpression, type View, type Wanted } from './check-expression.ts';
import { checkTemplates, checkWith, placeInside } from './check-with.ts';
import { didYouMean } from './decode.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { ProbeDraft } from './decode-probe.ts';
import type { StepUse, TaskDraft } from './decode-task.ts';
import { entryOf, type ScalarNode } from './node.ts';
import { PlaybookScope } from './playbook-scope.ts';
import type { Problems } from './problems.ts';
import { any, type Shape } from './shape.ts';

/** What playbooks may use: those of this playbook that were found, and the names of all. */
export interface Known {
  readonly steps: ReadonlyMap<string, AnyStep>;
  readonly probes: ReadonlyMap<string, AnyProbe>;
  readonly stepIds: readonly string[];
  readonly probeIds: readonly string[];
}

/** Everything about a playbook that needs its steps: ids, effects, risk, parameters, expressions. */
export function checkPlaybook(
  draft: PlaybookDraft,
  { steps, probes, stepIds, probeIds }: Known,
  problems: Problems,
): void {
  const tasks = [...draft.prechecks, ...draft.tasks, ...draft.finally];
  checkIds(tasks, problems);
  const written = entryOf(draft.node, 'tasks');
  if (written?.kind === 'list' && written.items.length === 0) problems.add(written, 'tasks is empty', 'add a task');
  checkEffects(draft, steps, problems);
  const scope = new PlaybookScope(draft, steps, probes);
  for (const probe of draft.probes) checkProbe(probe, draft, probes, probeIds, scope, problems);
  for (const task of tasks) {
    checkUse(task.uses, steps, stepIds, problems);
    if (task.rollback && task.rollback !== 'none') checkUse(task.rollback, steps, stepIds, problems);
    checkReleases(task, tasks, steps, problems);
    checkTaskExpressions(task, scope, steps, problems);
  }
  if (draft.outputs) checkTemplates(draft.outputs, { empty: true }, scope.end, problems);
}

function checkIds(tasks: readonly TaskDraft[], problems: Problems): void {
  const first = new Map<string, TaskDraft>();
  for (const task of tasks) {
    const before = first.get(task.id);
    const at = entryOf(task.node, 'id') ?? task.node;
    if (before) {
      const { line } = problems.source.place(before.node.start);
      problems.add(
        at,
        `two tasks are called ${task.id}; the first is on line ${line}`,
        'rename one: the journal knows a task by its id',
      );
    } else first.set(task.id, task);
  }
}

function checkEffects(
  { prechecks, tasks, finally: last, risk, node }: PlaybookDraft,
  steps: ReadonlyMap<string, AnyStep>,
  problems: Problems,
): void {
  for (const task of prechecks) {
    const step = steps.get(task.uses.uses);
    if (step && step.effect !== 'none') {
      problems.add(
        task.uses.at,
        `a precheck only looks, and ${task.uses.uses} has effect ${step.effect}`,
        'move it to tasks',
      );
    }
  }
  for (const task of [...tasks, ...last]) {
    const given = entryOf(task.node, 'never_override');
    if (given) problems.add(given, 'never_override belongs to prechecks');
  }
  const uses = [...prechecks, ...tasks, ...last].flatMap(({ uses, rollback }) => [
    uses,
    ...(rollback && rollback !== 'none' ? [rollback] : []),
  ]);
  const used = uses.flatMap(({ uses: id, at }) => {
    const step = steps.get(id);
    return step ? [{ id, at, step }] : [];
  });
  const riskNode = entryOf(node, 'risk') ?? node;
  const riskiest = used.toSorted((a, b) => rank(b.step.risk) - rank(a.step.risk))[0];
  if (riskiest && rank(riskiest.step.risk) > rank(risk)) {
    problems.add(
      riskNode,
      `risk ${risk} is below that of ${riskiest.id} (${riskiest.step.risk})`,
      `write risk: ${riskiest.step.risk}`,
    );
  } else if (risk === 'read-only') {
    for (const { id, at, step } of used) {
      if (step.effect !== 'none')
        problems.add(
          at,
          `a read-only playbook only looks, and ${id} has effect ${step.effect}`,
          'write risk: safe or more',
        );
    }
  }
}

function rank(risk: Risk): number {
  return risks.indexOf(risk);
}

function checkUse(
  { uses, at }: StepUse,
  steps: ReadonlyMap<string, AnyStep>,
  known: readonly string[],
  problems: Problems,
): void {
  if (steps.has(uses) || uses.startsWith('playbook:') || uses === 'approve@1') return;
  problems.add(at, `there is no step ${uses}`, didYouMean(uses, known));
}

function checkProbe(
  probe: ProbeDraft,
  { tasks }: PlaybookDraft,
  probes: ReadonlyMap<string, AnyProbe>,
  known: readonly string[],
  scope: PlaybookScope,
  problems: Problems,
): void {
  const { uses, at } = probe.uses;
  const found = probes.get(uses);
  if (!found) problems.add(at, `there is no probe ${uses}`, didYouMean(uses, known));
  const ids = tasks.map(({ id }) => id);
  for (const key of ['from', 'until'] as const) {
    const place = entryOf(probe.node, key);
    if (place && !ids.includes(probe[key])) {
      problems.add(place, `${key} names no task: ${probe[key]}`, didYouMean(probe[key], ids));
    }
  }
  const first = tasks.find(({ id }) => id === probe.from);
  if (!first) return;
  if (ids.indexOf(probe.until) !== -1 && ids.indexOf(probe.until) < ids.indexOf(probe.from)) {
    problems.add(probe.node, `probe ${probe.id} would end before it begins`, 'exchange from and until');
  }
  if (found) checkWith(probe.uses.with, found.params, probe.node, scope.before(first), problems);
}

function checkReleases(
  { releases, node }: TaskDraft,
  tasks: readonly TaskDraft[],
  steps: ReadonlyMap<string, AnyStep>,
  problems: Problems,
): void {
  const at = entryOf(node, 'releases');
  if (releases === null || !at) return;
  const ids = tasks.filter((task) => task.node.start < node.start).map(({ id }) => id);
  if (!ids.includes(releases))
    problems.add(at, `releases names no earlier task: ${releases}`, didYouMean(releases, ids));
  const held = tasks.find(({ id }) => id === releases);
  const step = held && steps.get(held.uses.uses);
  if (step && step.effect !== 'hold') problems.add(at, `${releases} is no hold: ${step.id} has effect ${step.effect}`);
}

const condition: Wanted = { as: 'true or false', kinds: ['boolean'], empty: false };
const list: Wanted = { as: 'a list', kinds: ['list'], empty: false };
const key: Wanted = { as: 'text', kinds: ['text', 'integer'], empty: false };

function checkTaskExpressions(
  task: TaskDraft,
  scope: PlaybookScope,
  steps: ReadonlyMap<string, AnyStep>,
  problems: Problems,
): void {
  const outside = scope.before(task);
  const guards = task.when ? checkBare(task.when, outside, condition, problems)?.guards : undefined;
  const guarded = scope.before(task, new Map(), guards);
  const items = task.for_each ? checkBare(task.for_each.in, guarded, list, problems)?.shape : undefined;
  const inside = task.for_each ? scope.before(task, new Map([[task.for_each.as, itemOf(items)]]), guards) : guarded;
  if (task.for_each) checkBare(task.for_each.key, inside, key, problems);
  if (task.confirm) checkTemplates(task.confirm, { empty: false }, inside, problems);
  const step = steps.get(task.uses.uses);
  if (step) checkWith(task.uses.with, step.params, task.node, inside, problems);
  else if (task.uses.with) checkTemplates(task.uses.with, { empty: true }, inside, problems);
  if (!task.rollback || task.rollback === 'none') return;
  const undo = steps.get(task.rollback.uses);
  if (undo) checkWith(task.rollback.with, undo.params, task.rollback.at, inside, problems);
}

function checkBare(node: ScalarNode, view: View, wanted: Wanted, problems: Problems) {
  const text = String(node.value);
  if (text.includes('${{')) {
    problems.add(node, 'an expression stands here bare, without ${{ }}', 'leave out ${{ and }}');
    return undefined;
  }
  return checkExpression(text, placeInside(node, text, problems), view, wanted, problems);
}

function itemOf(shape: Shape | undefined): Shape {
  return shape?.kind === 'list' ? shape.items : any;
}
