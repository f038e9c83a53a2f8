import { placeOf } from '../../src/step/place.ts';

/** One value of a schema: `members[].name`, its type in words, what it is for. */
export interface SchemaRow {
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** The values of an object schema, those inside of objects and lists below their own. */
export function schemaRows(schema: unknown, prefix = ''): SchemaRow[] {
  if (!isSchema(schema) || !isSchema(schema['properties'])) return [];
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(schema['properties']).flatMap(([name, value]) => {
    if (!isSchema(value)) return [];
    const path = `${prefix}${name}`;
    const description = typeof value['description'] === 'string' ? value['description'] : '';
    const row = { path, type: typeOf(value), required: required.includes(name), description };
    return [row, ...schemaRows(value, `${path}.`), ...schemaRows(value['items'], `${path}[].`)];
  });
}

/** `bytes`, `list of text`, `integer ≥ 1 or null`, `a | b`. */
function typeOf(schema: Schema): string {
  const place = placeOf(schema);
  if (place) return place === 'secret' ? 'secret (a reference)' : place;
  const alternatives = schema['anyOf'];
  if (Array.isArray(alternatives)) return [...new Set(alternatives.filter(isSchema).map(typeOf))].join(' or ');
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (schema['type'] === 'array') return isSchema(schema['items']) ? `list of ${typeOf(schema['items'])}` : 'list';
  const words: Readonly<Record<string, string>> = { string: 'text', object: 'map' };
  const type = typeof schema['type'] === 'string' ? schema['type'] : 'any';
  return `${words[type] ?? type}${limits(schema)}`;
}

function limits({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum}–${maximum}`;
  if (minimum !== undefined) return ` ≥ ${minimum}`;
  return maximum === undefined ? '' : ` ≤ ${maximum}`;
}

function isSchema(value: unknown): value is Schema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
