import { codes, type ErrorClass, type ErrorCode } from './codes.ts';

export type Fact = string | number | boolean | null | readonly string[];
export type Facts = Readonly<Record<string, Fact>>;

export interface ErrorOptions {
  facts?: Facts;
  /** One sentence the operator can act on now. */
  hint?: string;
  cause?: unknown;
}

/** What an error looks like in a journal record and in the envelope. */
export interface ErrorData {
  code: ErrorCode;
  class: ErrorClass;
  error: string;
  facts: Facts;
  hint: string;
}

/** The one error class. Its sentence comes from the catalogue, filled with its facts. */
export class PgdbaError extends Error {
  override readonly name = 'PgdbaError';
  readonly code: ErrorCode;
  readonly facts: Facts;
  readonly hint: string;

  constructor(code: ErrorCode, { facts = {}, hint = '', cause }: ErrorOptions = {}) {
    super(fill(codes[code].message, facts), cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
    this.hint = hint;
  }

  get class(): ErrorClass {
    return codes[this.code].class;
  }

  toData(): ErrorData {
    return { code: this.code, class: this.class, error: this.message, facts: this.facts, hint: this.hint };
  }
}

/** Any thrown value as a PgdbaError; what is not ours is our bug, with its sentence but without its stack. */
export function asPgdbaError(thrown: unknown): PgdbaError {
  if (thrown instanceof PgdbaError) return thrown;
  const system = fromSystemError(thrown);
  if (system) return system;
  return new PgdbaError('BUG', {
    facts: { problem: describe(thrown) },
    hint: 'run again with --log-level debug and report what it prints',
    cause: thrown,
  });
}

/** The sentence of any thrown value, for use inside another message. */
export function describe(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(describe).join('; ');
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}

/** The errno name of a system error (ENOENT, ECONNREFUSED, …), or undefined. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

function fromSystemError(thrown: unknown): PgdbaError | undefined {
  const code = systemCode(thrown);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  const path = thrown instanceof Error && 'path' in thrown ? String(thrown.path) : 'this host';
  return new PgdbaError('DISK_FULL', { facts: { path }, hint: 'free some space, then run it again', cause: thrown });
}

function fill(template: string, facts: Facts): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = facts[name];
    if (value === undefined) return `(${name} not given)`;
    return Array.isArray(value) ? value.join(', ') : String(value);
  });
}
