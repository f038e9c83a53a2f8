import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import type { Input } from './input.ts';
import { readGivenValue, readInputValue } from './input-value.ts';
import type { Playbook } from './playbook.ts';

export interface Given {
  /** Text as typed, or a plain value from a program. */
  readonly value: unknown;
  /** Where it was given, for messages: `--max-lag`, `--set max_lag`, `the schedule`. */
  readonly origin: string;
}

type Taker = Pick<Playbook, 'name' | 'inputs'>;

/** How values reach their inputs: the words for it, and how they are read. */
interface Manner {
  /** `playbook init-cluster`. */
  readonly taker: string;
  readonly read: (input: Input, given: unknown) => unknown;
  readonly howToGive: (input: Input) => string;
}

/**
 * The inputs of a run: frozen plain values by name. Bytes and durations are integers, timestamps are in UTC, a secret is
 * its reference; an optional input that was not given has no key.
 * Errors: INPUT_INVALID (also for a name the playbook does not have), INPUT_MISSING; further problems in `facts.more`.
 */
export function bindInputs(playbook: Taker, given: ReadonlyMap<string, Given>): Bound {
  const howToGive = ({ name, ...input }: Input) => {
    const value = input.type === 'boolean' ? '' : ` ${placeholder(input)}`;
    return `give it with ${optionOf(name)}${value} or --set ${name}=…`;
  };
  return bindAll(playbook, given, { taker: `playbook ${playbook.name}`, read: readInputValue, howToGive });
}

/**
 * The inputs of a child run, of what the `with` of its task has become: nobody typed that, so a list is not split at its
 * commas and a duration may be its milliseconds. Errors: those of `bindInputs`.
 */
export function bindChildInputs(child: Taker, rendered: unknown, task: string): Bound {
  const given = Object.entries(rendered ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [name, { value, origin: `task ${task}` }] as const);
  const howToGive = ({ name }: Input) => `give it in the task: with: { ${name}: … }`;
  return bindAll(child, new Map(given), { taker: `playbook ${child.name}`, read: readGivenValue, howToGive });
}

type Bound = Readonly<Record<string, unknown>>;

function bindAll(taker: Taker, given: ReadonlyMap<string, Given>, manner: Manner): Bound {
  const errors: PgdbaError[] = [];
  for (const [name, { origin }] of given) {
    if (!taker.inputs.has(name)) errors.push(unknownInput(name, origin, manner.taker, taker.inputs));
  }
  const values: Record<string, unknown> = {};
  for (const input of taker.inputs.values()) {
    try {
      const value = bind(input, given.get(input.name), taker.name, manner);
      if (value !== undefined) values[input.name] = value;
    } catch (thrown) {
      if (!(thrown instanceof PgdbaError)) throw thrown;
      errors.push(thrown);
    }
  }
  throwTogether(errors);
  return Object.freeze(values);
}

function bind(input: Input, given: Given | undefined, playbook: string, { read, howToGive }: Manner): unknown {
  if (given) {
    try {
      return read(input, given.value);
    } catch (thrown) {
      throw thrown instanceof PgdbaError ? withOrigin(thrown, given.origin) : thrown;
    }
  }
  if (input.default !== undefined) return readInputValue(input, input.default);
  if (input.optional) return undefined;
  throw new PgdbaError('INPUT_MISSING', {
    facts: { input: input.name, option: optionOf(input.name), playbook },
    hint: `${howToGive(input)}${input.description ? ` (${input.description})` : ''}`,
  });
}

/** `max_lag` → `--max-lag`. */
export function optionOf(input: string): string {
  return `--${input.replaceAll('_', '-')}`;
}

function placeholder({ format, type, enum: allowed }: Pick<Input, 'format' | 'type' | 'enum'>): string {
  if (allowed) return allowed.join('|');
  return (format ?? (type === 'array' ? 'A,B' : type)).toUpperCase();
}

function unknownInput(name: string, origin: string, taker: string, inputs: Taker['inputs']): PgdbaError {
  const near = closest(name, inputs.keys());
  const known = [...inputs.keys()].join(', ');
  const hint = near ? `did you mean ${near}?` : known ? `it has ${known}` : 'it has no inputs';
  return new PgdbaError('INPUT_INVALID', {
    facts: { input: name, problem: `${taker} has no such input`, origin },
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
