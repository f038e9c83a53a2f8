import { PgdbaError } from '../errors/pgdba-error.ts';
import { type Risk, risks } from '../step/define-step.ts';
import { asDuration, asList, asMap, asOneOf, asText, didYouMean, openFields } from './decode.ts';
import { decodeInputs } from './decode-input.ts';
import { decodeProbe, type ProbeDraft } from './decode-probe.ts';
import type { TaskDraft } from './decode-task.ts';
import { decodePlainTasks, decodeTasks } from './decode-tasks.ts';
import type { Input } from './input.ts';
import { entryOf, type MapNode, type Node } from './node.ts';
import type { LeaseKey, TargetKind } from './playbook.ts';
import type { Problems } from './problems.ts';
import { readYaml } from './read-yaml.ts';
import type { Source } from './source.ts';

/** A playbook as written: its grammar is right, its steps and expressions are not looked at yet. */
export interface PlaybookDraft {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly command: readonly string[];
  readonly risk: Risk;
  readonly target: TargetKind;
  readonly lease: readonly LeaseKey[];
  readonly inputs: ReadonlyMap<string, Input>;
  readonly timeout: number;
  readonly on_failure: 'rollback' | 'stop';
  readonly on_cancel: 'leave' | 'rollback';
  readonly prechecks: readonly TaskDraft[];
  readonly tasks: readonly TaskDraft[];
  readonly finally: readonly TaskDraft[];
  readonly outputs: MapNode | null;
  readonly probes: readonly ProbeDraft[];
  readonly node: MapNode;
}

const halfHour = 1_800_000;
const verb = /^[a-z][a-z0-9-]*( [a-z][a-z0-9-]*)*( --[a-z][a-z0-9-]*)?$/;

/**
 * Reads YAML and decodes it by the grammar; what is wrong goes into `problems`.
 * Errors: YAML_INVALID; PLAYBOOK_INVALID when it is no playbook at all; NOT_YET for `kind: Schedule`.
 */
export function decodePlaybook(source: Source, problems: Problems): PlaybookDraft {
  const root = readYaml(source);
  const node = checkHeader(root, problems);
  const fields = openFields(node, 'playbook', problems);
  const risk = fields.read('risk', asOneOf(...risks), 'destructive' as const);
  return {
    name: fields.read('name', asPlaybookName, ''),
    version: fields.read('version', asVersion, ''),
    summary: fields.read('summary', asText, ''),
    command: fields.read('command', asList(asVerb), []),
    risk,
    target: fields.read('target', asOneOf('cluster', 'instance', 'new-cluster', 'none'), 'none' as const),
    lease: fields.read('lease', asList(asOneOf('topology', 'backup')), ['topology' as const]),
    inputs: fields.read('inputs', decodeInputs, new Map<string, Input>()),
    timeout: fields.read('timeout', asDuration, halfHour),
    on_failure: fields.read('on_failure', asOneOf('rollback', 'stop'), risk === 'destructive' ? 'stop' : 'rollback'),
    on_cancel: fields.read('on_cancel', asOneOf('leave', 'rollback'), 'leave' as const),
    prechecks: fields.read('prechecks', decodePlainTasks('prechecks'), []),
    tasks: fields.read('tasks', decodeTasks, []),
    finally: fields.read('finally', decodePlainTasks('the tasks of finally'), []),
    outputs: fields.read('outputs', asMap, null),
    probes: fields.read('probes', asList(decodeProbe), []),
    node,
  };
}

/** A file of another kind or version is refused before its keys are called unknown. */
function checkHeader(root: Node, problems: Problems): MapNode {
  if (root.kind !== 'map') {
    const hint = 'docs/playbooks.md shows one to start from';
    throw problems.failure('PLAYBOOK_INVALID', root, 'a playbook is a map of keys', hint);
  }
  const apiVersion = entryOf(root, 'apiVersion');
  const kind = entryOf(root, 'kind');
  if (apiVersion && (apiVersion.kind !== 'scalar' || apiVersion.value !== 'pgdba/v1')) {
    problems.add(apiVersion, 'this pgdba reads apiVersion pgdba/v1 only', 'write apiVersion: pgdba/v1');
  }
  const named = kind?.kind === 'scalar' ? kind.value : undefined;
  if (kind && named !== 'Playbook' && named !== 'Schedule') {
    problems.add(kind, 'kind must be Playbook or Schedule', didYouMean(String(named ?? ''), ['Playbook', 'Schedule']));
  }
  problems.throwIfAny('PLAYBOOK_INVALID');
  if (kind && named === 'Schedule') throw noSchedules(kind, problems.source);
  return root;
}

function noSchedules({ start }: Node, source: Source): PgdbaError {
  return new PgdbaError('NOT_YET', {
    facts: { feature: 'a schedule (kind: Schedule)', file: source.file, ...source.place(start) },
    hint: 'let cron start the playbook: `pgdba run PLAYBOOK --name CLUSTER`',
  });
}

function asVersion(node: Node, problems: Problems): string | undefined {
  if (node.kind === 'scalar' && node.quoted && typeof node.value === 'string' && node.value !== '') return node.value;
  const shown = problems.source.text.slice(node.start, node.end).split('\n', 1)[0];
  problems.add(
    node,
    'version must be in quotes: 1.10 is not 1.1',
    `write version: "${node.kind === 'scalar' ? shown : '1.0.0'}"`,
  );
  return undefined;
}

function asPlaybookName(node: Node, problems: Problems): string | undefined {
  const text = asText(node, problems);
  if (text === undefined || /^[a-z][a-z0-9-]{0,62}$/.test(text)) return text;
  problems.add(
    node,
    `"${text}" is not a name of a playbook`,
    'use lower-case letters, digits and -, as its file is called',
  );
  return undefined;
}

function asVerb(node: Node, problems: Problems): string | undefined {
  const text = asText(node, problems);
  if (text === undefined || verb.test(text)) return text;
  problems.add(
    node,
    `"${text}" is not a verb`,
    'write lower-case words, with one flag at most: failover trigger --force',
  );
  return undefined;
}
