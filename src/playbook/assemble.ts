import { createHash } from 'node:crypto';
import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Registry } from '../step/registry.ts';
import { checkPlaybook } from './check-playbook.ts';
import { compileTemplate } from './compile-template.ts';
import { decodePlaybook, type PlaybookDraft } from './decode-playbook.ts';
import type { ProbeDraft } from './decode-probe.ts';
import type { StepUse, TaskDraft } from './decode-task.ts';
import { compileExpression } from './expression.ts';
import { plain, type ScalarNode } from './node.ts';
import { refuseNotYet } from './not-yet.ts';
import type { Playbook, ProbeUse, Task } from './playbook.ts';
import { Problems } from './problems.ts';
import { Source } from './source.ts';

/** Decodes, checks against the steps it uses, and compiles. Errors: those of `loadPlaybook`. */
export async function assemblePlaybook(text: string, file: string, registry: Registry): Promise<Playbook> {
  const source = new Source(text, file);
  const problems = new Problems(source);
  const draft = decodePlaybook(source, problems);
  const steps = await loadSteps(draft, registry);
  const probes = await loadProbes(draft, registry);
  checkPlaybook(draft, { steps, probes, stepIds: registry.ids(), probeIds: registry.probeIds() }, problems);
  problems.throwIfAny('PLAYBOOK_INVALID');
  refuseNotYet([...draft.notYet, ...allTasks(draft).flatMap(({ notYet }) => notYet)], source);
  return compile(draft, text, file, problems);
}

/** Those that exist; the others are reported with their place. */
async function loadSteps(draft: PlaybookDraft, registry: Registry): Promise<Map<string, AnyStep>> {
  const wanted = allTasks(draft).flatMap(({ uses, rollback }) => [
    uses.uses,
    ...(rollback && rollback !== 'none' ? [rollback.uses] : []),
  ]);
  const found = [...new Set(wanted)].filter((uses) => registry.has(uses));
  return new Map(await Promise.all(found.map(async (uses) => [uses, await registry.load(uses)] as const)));
}

/** Those that exist; the others are reported with their place. */
async function loadProbes({ probes }: PlaybookDraft, registry: Registry): Promise<Map<string, AnyProbe>> {
  const known = registry.probeIds();
  const found = probes.map(({ uses }) => uses.uses).filter((uses) => known.includes(uses));
  return new Map(await Promise.all(found.map(async (uses) => [uses, await registry.loadProbe(uses)] as const)));
}

function allTasks({ prechecks, tasks, finally: last }: PlaybookDraft): TaskDraft[] {
  return [...prechecks, ...tasks, ...last];
}

function compile(draft: PlaybookDraft, text: string, file: string, problems: Problems): Playbook {
  const compileTasks = (tasks: readonly TaskDraft[]) => Object.freeze(tasks.map((task) => compileTask(task, problems)));
  return Object.freeze({
    name: draft.name,
    version: draft.version,
    summary: draft.summary,
    command: Object.freeze([...draft.command]),
    risk: draft.risk,
    target: draft.target,
    lease: Object.freeze([...new Set(draft.lease)].sort()),
    inputs: draft.inputs,
    timeout: draft.timeout,
    on_failure: draft.on_failure,
    on_cancel: draft.on_cancel,
    prechecks: compileTasks(draft.prechecks),
    probes: Object.freeze(draft.probes.map(compileProbe)),
    tasks: compileTasks(draft.tasks),
    finally: compileTasks(draft.finally),
    outputs: compileTemplate(draft.outputs ? plain(draft.outputs) : {}, 'null'),
    source: text,
    file,
    sha256: createHash('sha256').update(text).digest('hex'),
  });
}

function compileTask(task: TaskDraft, problems: Problems): Task {
  const { for_each: loop, rollback } = task;
  return Object.freeze({
    id: task.id,
    uses: task.uses.uses,
    with: templateOf(task.uses),
    when: task.when && expressionOf(task.when),
    for_each: loop && Object.freeze({ in: expressionOf(loop.in), as: loop.as, key: expressionOf(loop.key) }),
    timeout: task.timeout,
    confirm: task.confirm && compileTemplate(task.confirm.value),
    pivot: task.pivot,
    recheck: task.recheck,
    cancel: task.cancel,
    rollback:
      rollback && rollback !== 'none' ? Object.freeze({ uses: rollback.uses, with: templateOf(rollback) }) : rollback,
    never_override: task.never_override,
    releases: task.releases,
    line: problems.source.place(task.node.start).line,
  });
}

function compileProbe({ id, uses, from, until }: ProbeDraft): ProbeUse {
  return Object.freeze({ id, uses: uses.uses, with: templateOf(uses), from, until });
}

function templateOf(use: StepUse) {
  return compileTemplate(use.with ? plain(use.with) : {});
}

function expressionOf(node: ScalarNode) {
  return compileExpression(String(node.value));
}
