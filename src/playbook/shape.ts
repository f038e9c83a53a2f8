import { placeOf } from '../step/place.ts';
import type { Input } from './input.ts';

/** What is known of a value before it exists: enough to check the names and types of an expression. */
export type Shape =
  | { readonly kind: 'any' | 'text' | 'integer' | 'number' | 'boolean' | 'null' }
  | { readonly kind: 'list'; readonly items: Shape }
  /** Any keys. */
  | { readonly kind: 'map'; readonly values: Shape }
  /** These keys only. */
  | { readonly kind: 'object'; readonly fields: Fields };

export interface Field {
  readonly shape: Shape;
  /** `optional`: the key may not be there; `nullable`: its value may be null. */
  readonly may: 'exist' | 'optional' | 'nullable';
}

/** Such as a map. */
export interface Fields {
  get(name: string): Field | undefined;
  keys(): Iterable<string>;
}

export const any: Shape = { kind: 'any' };

/** The shape of a TypeBox schema, with pgdba's places as the step sees them. */
export function shapeOf(schema: unknown): Shape {
  if (!isObject(schema)) return any;
  const place = placeOf(schema);
  if (place === 'expression') return any;
  if (isObject(schema['properties'])) return objectShape(schema, schema['properties']);
  if (Array.isArray(schema['anyOf'])) return unionShape(schema['anyOf']);
  if ('const' in schema) return shapeOfValue(schema['const']);
  switch (schema['type']) {
    case 'string':
      return { kind: 'text' };
    case 'integer':
    case 'number':
    case 'boolean':
    case 'null':
      return { kind: schema['type'] };
    case 'array':
      return { kind: 'list', items: shapeOf(schema['items']) };
    case 'object':
      return { kind: 'map', values: mapValues(schema) };
    default:
      return any;
  }
}

/** An object shape from its fields; a bare shape always exists. */
export function object(fields: Readonly<Record<string, Shape | Field>>): Shape {
  const entries = Object.entries(fields).map(([name, field]): [string, Field] => [
    name,
    'kind' in field ? { shape: field, may: 'exist' } : field,
  ]);
  return { kind: 'object', fields: new Map(entries) };
}

/** The value an expression sees for an input: formats are already read. */
export function shapeOfInput({ type, format, items }: Pick<Input, 'type' | 'format' | 'items'>): Shape {
  if (type === 'array') return { kind: 'list', items: items ? shapeOfInput({ ...items, items: null }) : any };
  if (format === 'bytes' || format === 'duration') return { kind: 'integer' };
  return { kind: type === 'string' ? 'text' : type };
}

/** What expressions see of inputs that are given together: those of a playbook, a filled-in form. */
export function inputsShape(inputs: Iterable<Input>): Shape {
  const given = [...inputs].map((input): [string, Field] => {
    const may = input.optional && input.default === undefined ? 'optional' : 'exist';
    return [input.name, { shape: shapeOfInput(input), may }];
  });
  return object(Object.fromEntries(given));
}

function objectShape(schema: JsonObject, properties: JsonObject): Shape {
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const entries = Object.entries(properties).map(([name, property]): [string, Field] => {
    const nullable = isNullable(property);
    const may = !required.includes(name) ? 'optional' : nullable ? 'nullable' : 'exist';
    return [name, { shape: nullable ? withoutNull(property) : shapeOf(property), may }];
  });
  return { kind: 'object', fields: new Map(entries) };
}

function isNullable(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  if (schema['type'] === 'null') return true;
  return Array.isArray(schema['anyOf']) && schema['anyOf'].some(isNullable);
}

function withoutNull(schema: unknown): Shape {
  const variants = isObject(schema) && Array.isArray(schema['anyOf']) ? schema['anyOf'] : [schema];
  return unionShape(variants.filter((variant) => !isNullable(variant)));
}

/** Variants of one scalar kind are that kind (a union of literals is text); anything else is not known before. */
function unionShape(variants: readonly unknown[]): Shape {
  const [first, ...others] = variants.map(shapeOf);
  if (!first) return any;
  if (others.length === 0) return first;
  return isScalar(first) && others.every(({ kind }) => kind === first.kind) ? first : any;
}

function isScalar({ kind }: Shape): boolean {
  return kind === 'text' || kind === 'integer' || kind === 'number' || kind === 'boolean';
}

function mapValues(schema: JsonObject): Shape {
  if (isObject(schema['additionalProperties'])) return shapeOf(schema['additionalProperties']);
  const patterns = isObject(schema['patternProperties']) ? Object.values(schema['patternProperties']) : [];
  return patterns.length === 1 ? shapeOf(patterns[0]) : any;
}

function shapeOfValue(value: unknown): Shape {
  if (typeof value === 'string') return { kind: 'text' };
  if (typeof value === 'boolean') return { kind: 'boolean' };
  return typeof value === 'number' ? { kind: Number.isInteger(value) ? 'integer' : 'number' } : any;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** What each kind is called in messages. */
export const kindNames = {
  any: 'anything',
  text: 'text',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  list: 'a list',
  map: 'a map',
  object: 'a map',
} as const satisfies Record<Shape['kind'], string>;
