import { PgdbaError } from '../errors/pgdba-error.ts';
import { parseBytes } from '../formats/bytes.ts';
import { closest } from '../formats/closest.ts';
import { parseDuration } from '../formats/duration.ts';
import { parseLsn } from '../formats/lsn.ts';
import { parseTimestamp } from '../formats/timestamp.ts';
import { secretReference } from '../secrets/resolve.ts';
import type { Input, InputFormat } from './input.ts';

type ItemType = Exclude<Input['type'], 'array'>;

/**
 * A value as typed (text) or as given by a program (JSON) → the value expressions see: bytes and durations as integers,
 * timestamps in UTC, a secret as its reference. Errors: INPUT_INVALID.
 */
export function readInputValue(input: Input, given: unknown): unknown {
  const check = checkOf(input);
  const { type, format } = input;
  if (type !== 'array') return readOne(input, given, { type, format }, check);
  return readList(input, splitList(given, check), check);
}

/**
 * A value of a playbook (`with` of a child run), where it is no longer text that somebody typed: a list is taken as it
 * is, and a duration may be its milliseconds. Errors: INPUT_INVALID.
 */
export function readGivenValue(input: Input, given: unknown): unknown {
  const check = checkOf(input);
  const { type, format } = input;
  if (type !== 'array') return readOne(input, measured(given, format), { type, format }, check);
  if (!Array.isArray(given)) check('must be a list');
  const items: unknown[] = Array.isArray(given) ? given : [];
  const measuredItems = items.map((item) => measured(item, input.items?.format ?? null));
  return readList(input, measuredItems, check);
}

type ItemForm = { readonly type: ItemType; readonly format: InputFormat | null };

function readList(input: Input, items: readonly unknown[], check: Check): readonly unknown[] {
  const form = input.items ?? { type: 'string' as const, format: null };
  return Object.freeze(items.map((item) => readOne(input, item, form, check)));
}

function readOne(input: Input, given: unknown, { type, format }: ItemForm, check: Check): unknown {
  const read = format ? readFormat(given, format, check) : readPlain(given, type, check);
  checkAllowed(input, read, check);
  return read;
}

function measured(given: unknown, format: InputFormat | null): unknown {
  return format === 'duration' && typeof given === 'number' ? `${given}ms` : given;
}

function checkOf(input: Input): Check {
  return (problem, hint = expected(input)) => {
    if (problem !== undefined) throw new PgdbaError('INPUT_INVALID', { facts: { input: input.name, problem }, hint });
  };
}

/** What would be accepted, in words. */
function expected(input: Input): string {
  const { type, minimum, maximum, enum: allowed, pattern, description } = input;
  const range = [minimum === null ? '' : ` from ${minimum}`, maximum === null ? '' : ` up to ${maximum}`].join('');
  const kind = {
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    string: 'text',
  };
  const what = allowed ? `one of ${allowed.join(', ')}` : `${kind[type]}${range}${pattern ? ` like ${pattern}` : ''}`;
  return `give ${what}${description ? ` (${description.replace(/\.$/, '')})` : ''}`;
}

type Check = (problem: string | undefined, hint?: string) => void;

/** `a,b`, repeated options (each may hold commas), a JSON list. */
function splitList(given: unknown, check: Check): unknown[] {
  if (typeof given === 'string') return splitText(given, check);
  if (!Array.isArray(given)) {
    check('must be a list', 'separate the values by commas, or repeat the option');
    return [];
  }
  return given.flatMap((item: unknown) => (typeof item === 'string' ? splitText(item, check) : [item]));
}

function splitText(text: string, check: Check): unknown[] {
  if (!text.startsWith('[')) return text === '' ? [] : text.split(',').map((item) => item.trim());
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list;
  } catch {
    check(`${quote(text)} is not a JSON list`);
  }
  return [];
}

function readPlain(value: unknown, type: ItemType, check: Check): unknown {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') check(`${quote(value)} is not text`, 'put it in quotes');
      return value;
    case 'boolean':
      if (value === 'true' || value === 'false') return value === 'true';
      if (typeof value !== 'boolean') check(`${quote(value)} is neither true nor false`);
      return value;
    case 'integer':
    case 'number':
      return readNumber(value, type, check);
  }
}

function readNumber(value: unknown, type: 'integer' | 'number', check: Check): unknown {
  const read = typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  if (typeof read !== 'number' || !Number.isFinite(read))
    check(`${quote(value)} is not a ${type === 'integer' ? 'whole ' : ''}number`);
  if (type === 'integer' && !Number.isInteger(read)) check(`${quote(value)} is not a whole number`);
  if (Number.isInteger(read) && !Number.isSafeInteger(read)) check(`${quote(value)} is too large to be exact`);
  return read;
}

function readFormat(value: unknown, format: InputFormat, check: Check): unknown {
  if (format === 'secret') {
    // Never quoted: it may be the secret itself.
    if (typeof value === 'string' && secretReference.test(value)) return value;
    check('a secret is given by reference only', 'use env:NAME, file:PATH or command:PROGRAM');
  }
  if (format === 'bytes' && typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  if (format === 'duration' && value === 0) return 0;
  if (typeof value !== 'string' || value === '') {
    check(
      `${quote(value)} is not a ${format}`,
      format === 'duration' ? 'write it with its unit, such as 90s' : undefined,
    );
    return value;
  }
  try {
    return parsers[format](value);
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    check(thrown.message, thrown.hint);
    return value;
  }
}

const parsers: Readonly<Record<InputFormat, (text: string) => unknown>> = {
  bytes: parseBytes,
  duration: parseDuration,
  timestamp: parseTimestamp,
  lsn: parseLsn,
  member: (text) => text,
  cluster: (text) => text,
  secret: (text) => text,
};

function checkAllowed(input: Input, value: unknown, check: Check): void {
  if (input.enum && !input.enum.some((allowed) => allowed === value)) {
    const near = typeof value === 'string' ? closest(value, input.enum.map(String)) : undefined;
    check(`${quote(value)} is not one of ${input.enum.join(', ')}`, near && `did you mean ${near}?`);
  }
  if (input.pattern !== null && typeof value === 'string' && !new RegExp(input.pattern, 'u').test(value)) {
    check(`${quote(value)} does not match ${input.pattern}`);
  }
  if (typeof value !== 'number') return;
  if (input.minimum !== null && value < input.minimum) check(`${value} is below ${input.minimum}`);
  if (input.maximum !== null && value > input.maximum) check(`${value} is above ${input.maximum}`);
}

function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return `"${text.length > 80 ? `${text.slice(0, 80)}…` : text}"`;
}
