import type { ErrorClass } from '../errors/codes.ts';
import { risks } from '../step/define-step.ts';
import { inputFormats } from './input.ts';
import { namePattern } from './names.ts';

/** JSON Schema of one place. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const text = { type: 'string', minLength: 1 };
const name = { type: 'string', pattern: namePattern };
const duration = { type: 'string', pattern: '^(0|(\\d+(\\.\\d+)?(ms|s|m|h|d))+)$' };
const condition = { type: ['string', 'boolean'] };
const boolean = { type: 'boolean' };
const tasks = { type: 'array', items: { $ref: '#/$defs/task' } };

/** What `retry.errors` may name. */
export const errorClasses = [
  'usage',
  'precheck',
  'transient',
  'timeout',
  'conflict',
  'permanent',
  'journal',
  'bug',
] as const satisfies readonly ErrorClass[];

/**
 * The grammar of a playbook: every key of every noun, what it holds and what it means. Unknown keys are found by it, the
 * editor's schema and the table in docs/playbooks.md are made of it.
 */
export const grammar = {
  playbook: {
    apiVersion: { const: 'pgdba/v1', description: 'Version of this grammar: pgdba/v1.' },
    kind: { const: 'Playbook', description: 'Playbook.' },
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', description: 'Name, as its file is called.' },
    version: { ...text, description: 'Version of the playbook, in quotes: 1.10 is not 1.1.' },
    summary: { ...text, description: 'One sentence for lists and --help.' },
    command: {
      type: 'array',
      items: text,
      description: 'Verbs that start it; one may end in a flag that selects it [none].',
    },
    risk: { enum: risks, description: 'At least the risk of its riskiest step.' },
    target: {
      enum: ['cluster', 'instance', 'new-cluster', 'none'],
      description: 'What it works on [none].',
    },
    lease: {
      type: 'array',
      items: { enum: ['topology', 'backup'] },
      description: 'What it locks while it runs [topology].',
    },
    inputs: {
      type: 'object',
      additionalProperties: { $ref: '#/$defs/input' },
      description: 'What the caller gives [none].',
    },
    timeout: { ...duration, description: 'Limit of forward work [30m].' },
    on_failure: {
      enum: ['rollback', 'stop'],
      description: 'What a failure after the first change leads to [rollback; stop if destructive].',
    },
    on_cancel: { enum: ['leave', 'rollback'], description: 'What Ctrl-C leads to [leave].' },
    prechecks: { ...tasks, description: 'Tasks of effect none that must hold before anything starts [none].' },
    probes: { type: 'array', items: { $ref: '#/$defs/probe' }, description: 'Observers beside the tasks [none].' },
    tasks: { ...tasks, description: 'What it does, in this order.' },
    finally: { ...tasks, description: 'Tasks after success, rollback and cancel [none].' },
    outputs: { type: 'object', description: 'Values and ${{ }}: the data of the answer [{}].' },
  },
  task: {
    id: { ...name, description: 'Name of the task, unique in the file.' },
    uses: { ...text, description: 'Step and major version, playbook:PATH for a child run, or approve@1.' },
    with: { type: 'object', description: 'Parameters of the step, inputs of the child; ${{ }} in every place [{}].' },
    when: { ...condition, description: 'CEL bool; false skips the task [true].' },
    for_each: { $ref: '#/$defs/for_each', description: 'Repeats the task for each item of a list [once].' },
    retry: { $ref: '#/$defs/retry', description: 'Tries again after errors of these classes [none].' },
    timeout: { ...duration, description: 'Limit of one attempt [5m; of a child run its own].' },
    confirm: { ...text, description: 'Question asked when the task would change something [none].' },
    pivot: { ...boolean, description: 'Point of no return: no rollback once it began [false].' },
    recheck: { ...boolean, description: 'false: a later task of this run replaces its state [true].' },
    releases: { ...name, description: 'Id of the hold that this task ends [none].' },
    cancel: { enum: ['allowed', 'forbidden'], description: 'May Ctrl-C interrupt it [allowed].' },
    rollback: {
      anyOf: [{ const: 'none' }, { $ref: '#/$defs/rollback' }],
      description: "none, or another step in place of the step's own rollback [the step's own].",
    },
    never_override: { ...boolean, description: 'Prechecks only: --override may not pass it [false].' },
    parallel: {
      $ref: '#/$defs/parallel',
      description: 'Branches that run at the same time, in place of id and uses; not inside a branch.',
    },
  },
  input: {
    type: { enum: ['string', 'integer', 'number', 'boolean', 'array'], description: 'JSON type.' },
    items: { $ref: '#/$defs/items', description: 'What a list holds [text].' },
    format: { enum: inputFormats, description: 'How text is read and checked [none].' },
    enum: {
      type: 'array',
      items: { type: ['string', 'number'] },
      minItems: 1,
      description: 'The allowed values [all].',
    },
    pattern: { ...text, description: 'Regular expression the text must match [none].' },
    minimum: { type: 'number', description: 'Smallest value [none].' },
    maximum: { type: 'number', description: 'Largest value [none].' },
    default: { description: 'Value when none is given [none: required].' },
    optional: { ...boolean, description: 'May be left out; read it as inputs.?name [false].' },
    description: { ...text, description: 'For --help and forms.' },
  },
  items: {
    type: { enum: ['string', 'integer', 'number', 'boolean'], description: 'JSON type of an item.' },
    format: { enum: inputFormats, description: 'How the text of an item is read [none].' },
  },
  for_each: {
    in: { ...text, description: 'CEL list.' },
    as: { ...name, description: 'Name of the item in expressions.' },
    key: { ...text, description: 'CEL text: name of the item in the journal.' },
    max_parallel: { type: 'integer', minimum: 1, description: 'Items at a time [1].' },
  },
  retry: {
    max: { type: 'integer', minimum: 1, description: 'Attempts beyond the first.' },
    backoff: { type: 'string', pattern: '^.+\\.\\..+$', description: 'First and longest pause [1s..30s, doubling].' },
    errors: {
      type: 'array',
      items: { enum: errorClasses },
      minItems: 1,
      description: 'Classes of errors after which it is tried again [transient, timeout].',
    },
  },
  rollback: {
    uses: { ...text, description: 'Step and major version.' },
    with: { type: 'object', description: 'Parameters of that step [{}].' },
  },
  parallel: {
    id: { ...name, description: 'Name of the block; no task is called so.' },
    branches: {
      type: 'array',
      items: tasks,
      description: 'Lists of tasks; a task reads results of its own branch, after the block of all.',
    },
    max_parallel: { type: 'integer', minimum: 1, description: 'Branches at a time [all].' },
  },
  probe: {
    id: { ...name, description: 'Name of the probe.' },
    uses: { ...text, description: 'Probe and major version.' },
    with: { type: 'object', description: 'Parameters of the probe [{}].' },
    from: { ...name, description: 'Started before this task, which stands in no branch.' },
    until: { ...name, description: 'Stopped after this task, which stands in no branch.' },
    must: { ...condition, description: 'CEL bool over probes.<id>.out and what is done by then [none].' },
  },
} satisfies Record<string, Record<string, JsonSchema>>;

export type Noun = keyof typeof grammar;

/** Keys an author may not leave out. */
export const requiredKeys: Readonly<Record<Noun, readonly string[]>> = {
  playbook: ['apiVersion', 'kind', 'name', 'version', 'summary', 'risk', 'tasks'],
  task: ['id', 'uses'],
  input: ['type'],
  items: ['type'],
  for_each: ['in', 'as', 'key'],
  retry: ['max'],
  rollback: ['uses'],
  parallel: ['id', 'branches'],
  probe: ['id', 'uses', 'from', 'until'],
};
