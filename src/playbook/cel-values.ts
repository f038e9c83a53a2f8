import { Optional } from '@marcbachmann/cel-js';

/** Longest list that an expression with a macro inside a macro may look at: it looks at every pair. */
const longestNestedList = 2000;

/**
 * Plain data → what CEL calculates with: a whole number becomes a BigInt, which is CEL's int, any other number stays a
 * double. Throws Error for a number that is not exact.
 */
export function toCel(value: unknown, { nested }: { nested: boolean }): unknown {
  switch (typeof value) {
    case 'number':
      if (!Number.isInteger(value)) return value;
      if (!Number.isSafeInteger(value)) throw new Error(`${value} is too large to be an exact number; pass it as text`);
      return BigInt(value);
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (Array.isArray(value)) {
    if (nested && value.length > longestNestedList) {
      throw new Error(`a list of ${value.length} items is too long for a macro inside a macro (${longestNestedList})`);
    }
    return value.map((item) => toCel(item, { nested }));
  }
  // Secrets and other objects with a text of their own enter as that text.
  if ('toJSON' in value && typeof value.toJSON === 'function') return toCel(value.toJSON(), { nested });
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, toCel(item, { nested })]));
}

/**
 * What CEL answered → plain JSON; an empty optional is undefined, and left out of maps. Throws Error for what JSON
 * cannot hold.
 */
export function fromCel(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new Error(`it gives ${value}`);
      return value;
    case 'bigint':
      if (!Number.isSafeInteger(Number(value))) throw new Error(`it gives ${value}, too large to be an exact number`);
      return Number(value);
    case 'object':
      break;
    default:
      throw new Error(`it gives a ${typeof value}`);
  }
  if (value === null) return null;
  if (value instanceof Optional) return value.hasValue() ? fromCel(value.value()) : undefined;
  if (Array.isArray(value)) return value.map((item) => fromCel(item) ?? null);
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    throw new Error('it gives neither text, a number, a boolean, a list nor a map');
  }
  const entries = Object.entries(value).map(([key, item]) => [key, fromCel(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}
