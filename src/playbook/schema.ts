import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import { placeOf } from '../step/place.ts';
import type { Registry } from '../step/registry.ts';
import { approve, approveUses } from './approve.ts';
import { grammar, type JsonSchema, type Noun, requiredKeys } from './grammar.ts';
import { reservedInputs } from './names.ts';
import { isObject } from './places.ts';

/** schemas/playbook.schema.json: the grammar and the parameters of every step, for editors. */
export async function playbookSchema(registry: Registry): Promise<JsonSchema> {
  const steps = await Promise.all(registry.ids().map(async (uses) => ({ uses, ...about(await registry.load(uses)) })));
  const probes = await Promise.all(
    registry.probeIds().map(async (uses) => ({ uses, ...aboutProbe(await registry.loadProbe(uses)) })),
  );
  const { playbook, ...others } = grammar;
  const defs = Object.keys(others).map((noun) => [noun, nounSchema(noun as Noun)]);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'pgdba playbook (pgdba/v1)',
    ...nounSchema('playbook'),
    properties: {
      ...playbook,
      inputs: { ...playbook.inputs, propertyNames: { not: { enum: [...reservedInputs].sort() } } },
    },
    $defs: {
      ...Object.fromEntries(defs),
      task: taskSchema(steps),
      rollback: usingSchema('rollback', steps),
      probe: usingSchema('probe', probes),
      expression: { type: 'string', pattern: '\\$\\{\\{', description: 'An expression: ${{ … }}' },
    },
  };
}

function nounSchema(noun: Noun): JsonSchema {
  return { type: 'object', properties: grammar[noun], required: requiredKeys[noun], additionalProperties: false };
}

/** What may stand in a `uses`: its summary, and the schema of what it takes. */
interface Usable {
  readonly uses: string;
  readonly description: string;
  readonly params: JsonSchema;
}

function about({ summary, effect, risk, params }: AnyStep): Omit<Usable, 'uses'> {
  return { description: `${summary} (effect ${effect}, risk ${risk})`, params: closed(params) };
}

function aboutProbe({ summary, params }: AnyProbe): Omit<Usable, 'uses'> {
  return { description: summary, params: closed(params) };
}

/** The engine's own: its form is declared as inputs are. */
function approval(): Usable {
  const params = closed(approve.params);
  const properties = isObject(params['properties']) ? params['properties'] : {};
  const form = { ...grammar.playbook.inputs, description: approve.params.properties.form.description };
  return {
    uses: approveUses,
    description: approve.summary,
    params: { ...params, properties: { ...properties, form } },
  };
}

/** A task is one use of a step, an approval or a child run, or else a block of branches. */
function taskSchema(steps: readonly Usable[]): JsonSchema {
  const usable = [...steps, approval()];
  return {
    ...usingSchema('task', usable),
    properties: { ...grammar.task, uses: usesSchema('task', usable, [childRun]) },
    required: [],
    oneOf: [{ required: requiredKeys.task }, { required: ['parallel'], maxProperties: 1 }],
  };
}

const childRun = { type: 'string', pattern: '^playbook:.+', description: 'A child run of that playbook.' };

function usingSchema(noun: 'task' | 'rollback' | 'probe', usable: readonly Usable[]): JsonSchema {
  return {
    ...nounSchema(noun),
    properties: { ...grammar[noun], uses: usesSchema(noun, usable) },
    allOf: withSchemas(usable),
  };
}

/** One const for each, so that an editor can show what it does. */
function usesSchema(
  noun: 'task' | 'rollback' | 'probe',
  usable: readonly Usable[],
  others: readonly JsonSchema[] = [],
): JsonSchema {
  const known = usable.map(({ uses, description }) => ({ const: uses, description }));
  return { description: grammar[noun].uses.description, anyOf: [...known, ...others] };
}

/** `uses` decides what `with` takes. */
function withSchemas(usable: readonly Usable[]): JsonSchema[] {
  return usable.map(({ uses, params }) => {
    const required = Array.isArray(params['required']) && params['required'].length > 0;
    const then = { properties: { with: params }, ...(required ? { required: ['with'] } : {}) };
    return { if: { properties: { uses: { const: uses } }, required: ['uses'] }, then };
  });
}

/** The schema of a value as it is written: formats as text, and an expression in any place. */
function written(schema: unknown): JsonSchema {
  const form = writtenForm(schema);
  const takesText = form['type'] === 'string' && form['pattern'] === undefined && form['minLength'] === undefined;
  if (takesText || Object.keys(form).length === 0 || placeOf(schema)) return form;
  const { description, ...rest } = form;
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { $ref: '#/$defs/expression' }] };
}

function writtenForm(schema: unknown): JsonSchema {
  if (!isObject(schema)) return {};
  const place = placeOf(schema);
  if (!place) return closed(schema);
  const said = typeof schema['description'] === 'string' ? ` ${schema['description']}` : '';
  const type = place === 'expression' ? ['string', 'boolean'] : ['string', 'number'];
  return { type, description: `${placeWords[place]}${said}` };
}

const placeWords = {
  bytes: 'Bytes, such as 1MiB.',
  duration: 'Duration, such as 90s.',
  timestamp: 'Timestamp with a zone.',
  lsn: 'WAL position.',
  member: 'Member.',
  secret: 'Reference to a secret: env:NAME, file:PATH, command:PROGRAM.',
  expression: 'CEL, bare.',
} as const;

/** Like the step's own schema, with every inner place as it is written and no unknown keys. */
function closed(schema: object): JsonSchema {
  const own: Record<string, unknown> = { ...schema };
  const { properties, patternProperties, additionalProperties, items, anyOf } = own;
  if (isObject(properties)) Object.assign(own, { properties: eachWritten(properties), additionalProperties: false });
  if (isObject(patternProperties)) own['patternProperties'] = eachWritten(patternProperties);
  if (isObject(additionalProperties)) own['additionalProperties'] = written(additionalProperties);
  if (isObject(items)) own['items'] = written(items);
  if (Array.isArray(anyOf)) own['anyOf'] = anyOf.map(writtenForm);
  return own;
}

function eachWritten(schemas: object): JsonSchema {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, written(schema)]));
}
