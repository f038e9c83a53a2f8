import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Json } from './record.ts';

/**
 * What JSON would make of the value, secrets masked. Every record goes through here while a task waits, so its strings are
 * first looked at all at once: nearly always there is nothing to mask.
 * Errors: BUG when a BigInt is in it; as a string it would be read back as another type.
 */
export function plainCopy(value: unknown, redactor: Redactor): Json {
  const strings: string[] = [];
  const copied = copy(value, strings, '') ?? null;
  const together = strings.join('\0');
  return redactor.redact(together) === together ? copied : (redactor.redactValue(copied) as Json);
}

/** Undefined for what JSON leaves out. */
function copy(value: unknown, strings: string[], place: string): Json | undefined {
  switch (typeof value) {
    case 'string':
      strings.push(value);
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyObject(value, strings, place);
    case 'bigint':
      throw new PgdbaError('BUG', { facts: { problem: `a BigInt reached the journal at data${place}` } });
    default:
      return undefined;
  }
}

function copyObject(value: object, strings: string[], place: string): Json | undefined {
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(), strings, place);
  if (Array.isArray(value)) return value.map((item, at) => copy(item, strings, `${place}.${at}`) ?? null);
  const plain: Record<string, Json> = {};
  for (const key of Object.keys(value)) {
    const copied = copy((value as Record<string, unknown>)[key], strings, `${place}.${key}`);
    if (copied === undefined) continue;
    strings.push(key);
    if (key !== '__proto__') plain[key] = copied;
    else Object.defineProperty(plain, key, { value: copied, enumerable: true, writable: true, configurable: true });
  }
  return plain;
}
