import { type Place, placeOf } from '../step/place.ts';

/**
 * A copy of a step's params with every marked place replaced by what `visit` makes of it. `path` is dotted.
 * Of a union the first variant that the value looks like counts.
 */
export function mapPlaces(
  schema: unknown,
  value: unknown,
  visit: (place: Place, value: unknown, path: string) => unknown,
  path = '',
): unknown {
  if (!isObject(schema) || value === undefined) return value;
  const place = placeOf(schema);
  if (place) return visit(place, value, path);
  const variant = Array.isArray(schema['anyOf']) ? schema['anyOf'].find((form) => looksLike(form, value)) : undefined;
  if (variant) return mapPlaces(variant, value, visit, path);
  if (Array.isArray(value)) {
    return value.map((item, at) => mapPlaces(schema['items'], item, visit, `${path}[${at}]`));
  }
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const inner = path === '' ? key : `${path}.${key}`;
    return [key, mapPlaces(propertySchema(schema, key), item, visit, inner)] as const;
  });
  return Object.fromEntries(entries);
}

/** The schema of one key of an object schema; undefined when it may not have the key. */
export function propertySchema(schema: JsonObject, key: string): unknown {
  const { properties, patternProperties, additionalProperties } = schema;
  if (isObject(properties) && Object.hasOwn(properties, key)) return properties[key];
  const pattern = Object.entries(isObject(patternProperties) ? patternProperties : {}).find(([form]) =>
    new RegExp(form, 'u').test(key),
  );
  if (pattern) return pattern[1];
  if (isObject(additionalProperties)) return additionalProperties;
  // An object schema that names no keys at all takes any.
  return isObject(properties) || isObject(patternProperties) ? undefined : {};
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** By kind and, for maps, by their keys. */
function looksLike(schema: unknown, value: unknown): boolean {
  if (!isObject(schema)) return false;
  if (placeOf(schema)) return typeof value === 'string' || typeof value === 'number';
  if ('const' in schema) return schema['const'] === value;
  if (Array.isArray(value)) return schema['type'] === 'array';
  if (isObject(value)) {
    const required = Array.isArray(schema['required']) ? schema['required'] : [];
    const keys = Object.keys(value);
    return (
      schema['type'] === 'object' &&
      keys.every((key) => propertySchema(schema, key) !== undefined) &&
      required.every((key) => keys.includes(key))
    );
  }
  return value === null
    ? schema['type'] === 'null'
    : schema['type'] === typeof value || (schema['type'] === 'integer' && Number.isInteger(value));
}
