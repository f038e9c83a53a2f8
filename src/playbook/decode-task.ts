import {
  asBoolean,
  asCount,
  asDuration,
  asExpression,
  asList,
  asMap,
  asName,
  asOneOf,
  asText,
  didYouMean,
  type Fields,
  openMap,
} from './decode.ts';
import { celWords, nameProblem, scopeRoots } from './names.ts';
import type { MapNode, Node, ScalarNode } from './node.ts';
import type { NotYet } from './not-yet.ts';
import type { Placed, Problems } from './problems.ts';

/** A task as written, before its step is known. */
export interface TaskDraft {
  readonly id: string;
  readonly uses: StepUse;
  readonly when: ScalarNode | null;
  readonly for_each: ForEachDraft | null;
  readonly timeout: number;
  readonly confirm: ScalarNode | null;
  readonly pivot: boolean;
  readonly recheck: boolean;
  readonly cancel: 'allowed' | 'forbidden';
  readonly rollback: 'none' | StepUse | null;
  readonly never_override: boolean;
  readonly releases: string | null;
  readonly node: MapNode;
  readonly notYet: readonly NotYet[];
}

/** A step by its id@major and the parameters it is given. */
export interface StepUse {
  readonly uses: string;
  readonly with: MapNode | null;
  /** Of the text of `uses`. */
  readonly at: Placed;
}

export interface ForEachDraft {
  readonly in: ScalarNode;
  readonly as: string;
  readonly key: ScalarNode;
}

const fiveMinutes = 300_000;
const errorClasses = ['usage', 'precheck', 'transient', 'timeout', 'conflict', 'permanent', 'journal', 'bug'] as const;

/** A list of tasks in file order; the branches of a parallel block follow one another. */
export function decodeTasks(node: Node, problems: Problems): TaskDraft[] {
  return (asList(decodeEntry)(node, problems) ?? []).flat();
}

function decodeEntry(node: Node, problems: Problems): TaskDraft[] | undefined {
  const block = node.kind === 'map' ? node.entries.find(({ key }) => key === 'parallel') : undefined;
  return block && node.kind === 'map' ? decodeParallel(node, block.value, problems) : decodeTask(node, problems);
}

function decodeParallel(node: MapNode, value: Node, problems: Problems): TaskDraft[] | undefined {
  for (const { key, at } of node.entries) {
    if (key !== 'parallel')
      problems.add(at, `${key} does not stand beside parallel`, 'give it to the tasks in the branches');
  }
  const fields = openMap(value, 'parallel', problems);
  if (!fields) return undefined;
  fields.read('id', asName, null);
  fields.read('max_parallel', asCount, null);
  const branches = fields.read(
    'branches',
    asList((branch, found) => decodeTasks(branch, found)),
    [],
  );
  const notYet: NotYet = { feature: 'parallel', at: node };
  return branches.flat().map((task) => ({ ...task, notYet: [notYet, ...task.notYet] }));
}

function decodeTask(node: Node, problems: Problems): TaskDraft[] | undefined {
  const fields = openMap(node, 'task', problems);
  if (!fields || node.kind !== 'map') return undefined;
  const uses = decodeUse(fields);
  const id = fields.read('id', asName, null);
  const loop = fields.read('for_each', decodeForEach, null);
  const confirm = fields.read('confirm', asExpression, null);
  const releases = fields.read('releases', asName, null);
  const draft = {
    when: fields.read('when', asExpression, null),
    for_each: loop?.forEach ?? null,
    timeout: fields.read('timeout', asDuration, fiveMinutes),
    confirm,
    pivot: fields.read('pivot', asBoolean, false),
    recheck: fields.read('recheck', asBoolean, true),
    cancel: fields.read('cancel', asOneOf('allowed', 'forbidden'), 'allowed' as const),
    rollback: fields.read('rollback', decodeRollback, null),
    never_override: fields.read('never_override', asBoolean, false),
    releases,
  };
  checkRetry(fields);
  if (!uses || id === null) return undefined;
  return [{ ...draft, id, uses, node, notYet: notYetOf(fields, uses, loop?.parallel ?? null) }];
}

function notYetOf(fields: Fields, { uses, at }: StepUse, parallelLoop: Placed | null): NotYet[] {
  const found: NotYet[] = [];
  const retry = fields.get('retry');
  if (retry) found.push({ feature: 'retry', at: retry });
  if (uses.startsWith('playbook:')) found.push({ feature: 'childRuns', at });
  if (uses === 'approve@1') found.push({ feature: 'approve', at });
  if (parallelLoop) found.push({ feature: 'parallelLoops', at: parallelLoop });
  return found;
}

export function decodeUse(fields: Fields): StepUse | undefined {
  const node = fields.get('uses');
  const uses = fields.read('uses', asText, null);
  const params = fields.read('with', asMap, null);
  if (!node || uses === null) return undefined;
  if (!/^(playbook:.+|[a-z][a-z0-9.-]*@[1-9][0-9]*)$/.test(uses)) {
    fields.problems.add(node, `"${uses}" is not a step with its major version`, 'write it as patroni.switchover@1');
    return undefined;
  }
  return { uses, with: params, at: node };
}

function decodeForEach(node: Node, problems: Problems): { forEach: ForEachDraft; parallel: Placed | null } | undefined {
  const fields = openMap(node, 'for_each', problems);
  if (!fields) return undefined;
  const list = fields.read('in', asExpression, null);
  const as = fields.read('as', asLoopVariable, null);
  const key = fields.read('key', asExpression, null);
  const parallel = fields.read('max_parallel', asCount, 1) > 1 ? (fields.get('max_parallel') ?? null) : null;
  return list && as !== null && key ? { forEach: { in: list, as, key }, parallel } : undefined;
}

function asLoopVariable(node: Node, problems: Problems): string | undefined {
  const text = asText(node, problems);
  if (text === undefined) return undefined;
  const hidden = scopeRoots.find((root) => root === text);
  const word = celWords.has(text) ? `"${text}" is a word of the expression language` : undefined;
  const problem = hidden ? `"${text}" would hide ${text}` : (word ?? nameProblem(text));
  if (problem === undefined) return text;
  problems.add(node, problem, 'choose another name');
  return undefined;
}

function decodeRollback(node: Node, problems: Problems): 'none' | StepUse | undefined {
  if (node.kind === 'scalar') return asOneOf('none')(node, problems);
  const fields = openMap(node, 'rollback', problems);
  return fields && decodeUse(fields);
}

function checkRetry(fields: Fields): void {
  const node = fields.get('retry');
  const retry = node && openMap(node, 'retry', fields.problems);
  if (!retry) return;
  retry.read('max', asCount, null);
  retry.read('backoff', asBackoff, null);
  retry.read('errors', asList(asErrorClass), null);
}

/** `1s..30s`: first and longest pause. */
function asBackoff(node: Node, problems: Problems): string | undefined {
  const text = asText(node, problems);
  const [first, longest, ...others] = text?.split('..') ?? [];
  if (text === undefined) return undefined;
  if (first === undefined || longest === undefined || others.length > 0) {
    problems.add(node, `"${text}" is not a first and a longest pause`, 'write it as 1s..30s');
    return undefined;
  }
  for (const part of [first, longest]) asDuration({ ...node, kind: 'scalar', value: part, quoted: false }, problems);
  return text;
}

function asErrorClass(node: Node, problems: Problems): string | undefined {
  const text = asText(node, problems);
  if (text === undefined || errorClasses.some((known) => known === text)) return text;
  problems.add(node, `there is no error class ${text}`, didYouMean(text, errorClasses));
  return undefined;
}
