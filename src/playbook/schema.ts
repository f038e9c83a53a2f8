import type { AnyStep } from '../step/define-step.ts';
import { placeOf } from '../step/place.ts';
import type { Registry } from '../step/registry.ts';
import { grammar, type JsonSchema, type Noun, requiredKeys } from './grammar.ts';
import { reservedInputs } from './names.ts';
import { isObject } from './places.ts';

/** schemas/playbook.schema.json: the grammar and the parameters of every step, for editors. */
export async function playbookSchema(registry: Registry): Promise<JsonSchema> {
  const uses = registry.ids();
  const steps = await Promise.all(uses.map((id) => registry.load(id)));
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
      task: taskSchema(uses, steps),
      rollback: {
        ...nounSchema('rollback'),
        properties: { ...grammar.rollback, uses: usesSchema(uses, steps) },
        allOf: withSchemas(uses, steps),
      },
      expression: { type: 'string', pattern: '\\$\\{\\{', description: 'An expression: ${{ … }}' },
    },
  };
}

function nounSchema(noun: Noun): JsonSchema {
  return { type: 'object', properties: grammar[noun], required: requiredKeys[noun], additionalProperties: false };
}

/** A task is either one use of a step or a block of branches. */
function taskSchema(uses: readonly string[], steps: readonly AnyStep[]): JsonSchema {
  return {
    type: 'object',
    properties: { ...grammar.task, uses: usesSchema(uses, steps) },
    additionalProperties: false,
    anyOf: [{ required: requiredKeys.task }, { required: ['parallel'] }],
    allOf: withSchemas(uses, steps),
  };
}

/** One const for each step, so that an editor can show what it does; other text is a child playbook. */
function usesSchema(uses: readonly string[], steps: readonly AnyStep[]): JsonSchema {
  const known = uses.map((id, at) => ({ const: id, description: aboutStep(steps[at]) }));
  return { description: grammar.task.uses.description, anyOf: [...known, { type: 'string', pattern: '^playbook:.+' }] };
}

function aboutStep(step: AnyStep | undefined): string {
  if (!step) return '';
  return `${step.summary} (effect ${step.effect}, risk ${step.risk})`;
}

/** `uses` decides what `with` takes. */
function withSchemas(uses: readonly string[], steps: readonly AnyStep[]): JsonSchema[] {
  return uses.flatMap((id, at) => {
    const step = steps[at];
    if (!step) return [];
    const params = closed(step.params);
    const required = Array.isArray(params['required']) && params['required'].length > 0;
    const then = { properties: { with: params }, ...(required ? { required: ['with'] } : {}) };
    return [{ if: { properties: { uses: { const: id } }, required: ['uses'] }, then }];
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
