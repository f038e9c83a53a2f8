import { createHash } from 'node:crypto';
import type { AnyStep } from '../step/define-step.ts';
import type { Registry } from '../step/registry.ts';
import { checkPlaybook } from './check-playbook.ts';
import { compileTemplate } from './compile-template.ts';
import { decodePlaybook, type PlaybookDraft } from './decode-playbook.ts';
import type { StepUse, TaskDraft } from './decode-task.ts';
import { compileExpression } from './expression.ts';
import { plain, type ScalarNode } from './node.ts';
import { type NotYet, refuseNotYet } from './not-yet.ts';
import type { Playbook, Task } from './playbook.ts';
import { Problems } from './problems.ts';
import { Source } from './source.ts';

/** Decodes, checks against the steps it uses, and compiles. Errors: those of `loadPlaybook`. */
export async function assemblePlaybook(text: string, file: string, registry: Registry): Promise<Playbook> {
  const source = new Source(text, file);
  const problems = new Problems(source);
  const draft = decodePlaybook(source, problems);
  const steps = await loadSteps(draft, registry);
  checkPlaybook(draft, steps, registry.ids(), problems);
  problems.throwIfAny('PLAYBOOK_INVALID');
  refuseNotYet(notYetOf(draft, steps), source);
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

function notYetOf(draft: PlaybookDraft, steps: ReadonlyMap<string, AnyStep>): NotYet[] {
  const holds = allTasks(draft).filter(({ uses }) => steps.get(uses.uses)?.effect === 'hold');
  return [
    ...draft.notYet,
    ...allTasks(draft).flatMap(({ notYet }) => notYet),
    ...holds.map(({ uses }): NotYet => ({ feature: 'holds', at: uses.at })),
  ];
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
    line: problems.source.place(task.node.start).line,
  });
}

function templateOf(use: StepUse) {
  return compileTemplate(use.with ? plain(use.with) : {});
}

function expressionOf(node: ScalarNode) {
  return compileExpression(String(node.value));
}
