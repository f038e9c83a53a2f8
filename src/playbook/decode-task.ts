import {
  asBoolean,
  asCount,
  asDuration,
  asExpression,
  asMap,
  asName,
  asOneOf,
  asText,
  type Fields,
  openMap,
} from './decode.ts';
import { decodeRetry } from './decode-retry.ts';
import { celWords, nameProblem, scopeRoots } from './names.ts';
import type { MapNode, Node, ScalarNode } from './node.ts';
import type { Retry } from './playbook.ts';
import type { Placed, Problems } from './problems.ts';

/** A task as written, before its step is known. */
export interface TaskDraft {
  readonly id: string;
  readonly uses: StepUse;
  readonly when: ScalarNode | null;
  readonly for_each: ForEachDraft | null;
  readonly retry: Retry | null;
  readonly branch: BranchDraft | null;
  readonly timeout: number | null;
  readonly confirm: ScalarNode | null;
  readonly pivot: boolean;
  readonly recheck: boolean;
  readonly cancel: 'allowed' | 'forbidden';
  readonly rollback: 'none' | StepUse | null;
  readonly never_override: boolean;
  readonly releases: string | null;
  readonly node: MapNode;
}

/** A parallel block; its node is what stands under `parallel`. */
export interface BlockDraft {
  readonly id: string;
  readonly node: MapNode;
  /** Branches at a time. */
  readonly max_parallel: number;
}

export interface BranchDraft {
  readonly block: BlockDraft;
  readonly index: number;
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
  readonly max_parallel: number;
}

/** A task, or undefined after a problem. */
export function decodeTask(node: Node, problems: Problems): TaskDraft | undefined {
  const fields = openMap(node, 'task', problems);
  if (!fields || node.kind !== 'map') return undefined;
  const uses = decodeUse(fields);
  const id = fields.read('id', asName, null);
  const confirm = fields.read('confirm', asExpression, null);
  const releases = fields.read('releases', asName, null);
  const draft = {
    when: fields.read('when', asExpression, null),
    for_each: fields.read('for_each', decodeForEach, null),
    retry: fields.read('retry', decodeRetry, null),
    timeout: fields.read('timeout', asDuration, null),
    confirm,
    pivot: fields.read('pivot', asBoolean, false),
    recheck: fields.read('recheck', asBoolean, true),
    cancel: fields.read('cancel', asOneOf('allowed', 'forbidden'), 'allowed' as const),
    rollback: fields.read('rollback', decodeRollback, null),
    never_override: fields.read('never_override', asBoolean, false),
    releases,
  };
  return uses && id !== null ? { ...draft, id, uses, node, branch: null } : undefined;
}

export function decodeUse(fields: Fields): StepUse | undefined {
  const node = fields.get('uses');
  const uses = fields.read('uses', asText, null);
  const params = fields.read('with', asMap, null);
  if (!node || uses === null) return undefined;
  if (!/^(playbook:\P{Cc}+|[a-z][a-z0-9.-]*@[1-9][0-9]*)$/u.test(uses)) {
    fields.problems.add(node, `"${uses}" is not a step with its major version`, 'write it as patroni.switchover@1');
    return undefined;
  }
  return { uses, with: params, at: node };
}

function decodeForEach(node: Node, problems: Problems): ForEachDraft | undefined {
  const fields = openMap(node, 'for_each', problems);
  if (!fields) return undefined;
  const list = fields.read('in', asExpression, null);
  const as = fields.read('as', asLoopVariable, null);
  const key = fields.read('key', asExpression, null);
  const max_parallel = fields.read('max_parallel', asCount, 1);
  return list && as !== null && key ? { in: list, as, key, max_parallel } : undefined;
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
