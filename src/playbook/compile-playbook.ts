import { createHash } from 'node:crypto';
import { compileTemplate } from './compile-template.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { ProbeDraft } from './decode-probe.ts';
import type { BranchDraft, ForEachDraft, StepUse, TaskDraft } from './decode-task.ts';
import { compileExpression } from './expression.ts';
import { plain, type ScalarNode } from './node.ts';
import type { Branch, ForEach, Playbook, ProbeUse, Task } from './playbook.ts';
import type { Source } from './source.ts';

const fiveMinutes = 300_000;

/** A draft without problems → the frozen playbook. `text` is its file as it was read. */
export function compilePlaybook(
  draft: PlaybookDraft,
  children: ReadonlyMap<string, Playbook>,
  source: Source,
  text: string,
): Playbook {
  const compileTasks = (tasks: readonly TaskDraft[]) =>
    Object.freeze(tasks.map((task) => compileTask(task, children, source)));
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
    children,
    source: text,
    file: source.file,
    sha256: createHash('sha256').update(text).digest('hex'),
  });
}

function compileTask(task: TaskDraft, children: ReadonlyMap<string, Playbook>, source: Source): Task {
  const { rollback } = task;
  return Object.freeze({
    id: task.id,
    uses: task.uses.uses,
    with: templateOf(task.uses),
    branch: task.branch && compileBranch(task.branch),
    retry: task.retry,
    when: task.when && expressionOf(task.when),
    for_each: task.for_each && compileLoop(task.for_each),
    // A child run has a limit of its own.
    timeout: task.timeout ?? children.get(task.uses.uses)?.timeout ?? fiveMinutes,
    confirm: task.confirm && compileTemplate(task.confirm.value),
    pivot: task.pivot,
    recheck: task.recheck,
    cancel: task.cancel,
    rollback:
      rollback && rollback !== 'none' ? Object.freeze({ uses: rollback.uses, with: templateOf(rollback) }) : rollback,
    never_override: task.never_override,
    releases: task.releases,
    line: source.place(task.node.start).line,
  });
}

function compileBranch({ block, index }: BranchDraft): Branch {
  return Object.freeze({ block: block.id, index, max_parallel: block.max_parallel });
}

function compileLoop({ in: list, as, key, max_parallel }: ForEachDraft): ForEach {
  return Object.freeze({ in: expressionOf(list), as, key: expressionOf(key), max_parallel });
}

function compileProbe({ id, uses, from, until, must }: ProbeDraft): ProbeUse {
  return Object.freeze({ id, uses: uses.uses, with: templateOf(uses), from, until, must: must && expressionOf(must) });
}

function templateOf(use: StepUse) {
  return compileTemplate(use.with ? plain(use.with) : {});
}

function expressionOf(node: ScalarNode) {
  return compileExpression(String(node.value));
}
