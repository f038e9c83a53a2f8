import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import type { Input } from './input.ts';
import { readInputValue } from './input-value.ts';
import type { Playbook } from './playbook.ts';

export interface Given {
  /** Text as typed, or a plain value from a program. */
  readonly value: unknown;
  /** Where it was given, for messages: `--max-lag`, `--set max_lag`, `the schedule`. */
  readonly origin: string;
}

/**
 * The inputs of a run: frozen plain values by name. Bytes and durations are integers, timestamps are in UTC, a secret is
 * its reference; an optional input that was not given has no key.
 * Errors: INPUT_INVALID (also for a name the playbook does not have), INPUT_MISSING; further problems in `facts.more`.
 */
export function bindInputs(
  playbook: Pick<Playbook, 'name' | 'inputs'>,
  given: ReadonlyMap<string, Given>,
): Readonly<Record<string, unknown>> {
  const errors: PgdbaError[] = [];
  for (const [name, { origin }] of given) {
    if (!playbook.inputs.has(name)) errors.push(unknownInput(name, origin, playbook));
  }
  const values: Record<string, unknown> = {};
  for (const input of playbook.inputs.values()) {
    try {
      const value = bind(input, given.get(input.name), playbook.name);
      if (value !== undefined) values[input.name] = value;
    } catch (thrown) {
      if (!(thrown instanceof PgdbaError)) throw thrown;
      errors.push(thrown);
    }
  }
  throwTogether(errors);
  return Object.freeze(values);
}

function bind(input: Input, given: Given | undefined, playbook: string): unknown {
  if (given) {
    try {
      return readInputValue(input, given.value);
    } catch (thrown) {
      throw thrown instanceof PgdbaError ? withOrigin(thrown, given.origin) : thrown;
    }
  }
  if (input.default !== undefined) return readInputValue(input, input.default);
  if (input.optional) return undefined;
  const option = optionOf(input.name);
  const value = input.type === 'boolean' ? '' : ` ${placeholder(input)}`;
  throw new PgdbaError('INPUT_MISSING', {
    facts: { input: input.name, option, playbook },
    hint: `give it with ${option}${value} or --set ${input.name}=…${input.description ? ` (${input.description})` : ''}`,
  });
}

/** `max_lag` → `--max-lag`. */
export function optionOf(input: string): string {
  return `--${input.replaceAll('_', '-')}`;
}

function placeholder({ format, type, enum: allowed }: Input): string {
  if (allowed) return allowed.join('|');
  return (format ?? (type === 'array' ? 'A,B' : type)).toUpperCase();
}

function unknownInput(name: string, origin: string, playbook: Pick<Playbook, 'name' | 'inputs'>): PgdbaError {
  const near = closest(name, playbook.inputs.keys());
  const known = [...playbook.inputs.keys()].join(', ');
  const hint = near ? `did you mean ${near}?` : known ? `it has ${known}` : 'it has no inputs';
  return new PgdbaError('INPUT_INVALID', {
    facts: { input: name, problem: `playbook ${playbook.name} has no such input`, origin },
    hint,
  });
}

function withOrigin({ code, facts, hint }: PgdbaError, origin: string): PgdbaError {
  return new PgdbaError(code, { facts: { ...facts, problem: `${facts['problem']} (${origin})`, origin }, hint });
}

function throwTogether([first, ...more]: readonly PgdbaError[]): void {
  if (!first) return;
  if (more.length === 0) throw first;
  const facts = { ...first.facts, more: more.map((error) => error.message) };
  throw new PgdbaError(first.code, { facts, hint: first.hint });
}
