import type { PgdbaError } from '../errors/pgdba-error.ts';
import type { Json } from '../journal/record.ts';

/** check, verify: the wanted state is there, and this is what it looks like. */
export interface Satisfied<R> {
  readonly is: 'satisfied';
  readonly result: R;
}

/** check: apply would change something. `memo` is journaled before apply and is all that apply and rollback get. */
export interface Change<M> {
  readonly is: 'change';
  readonly summary: string;
  readonly memo: M;
  readonly diff: string | null;
  readonly predicted: Json | undefined;
}

/** Not yet: look again (observers, and every verify). */
export interface Pending {
  readonly is: 'pending';
  readonly why: string;
}

/** Nobody can look. */
export interface Unknown {
  readonly is: 'unknown';
  readonly why: string;
}

/** verify: proof that it did not happen. `error`: its cause; of a class that is retried, the task may be tried again. */
export interface NotDone {
  readonly is: 'not-done';
  readonly why: string;
  readonly error?: PgdbaError;
}

export interface Undone {
  readonly is: 'undone';
}

/** rollback: it stays, and why that is right or harmless. */
export interface Kept {
  readonly is: 'kept';
  readonly why: string;
}

export function satisfied<R>(result: R): Satisfied<R> {
  return { is: 'satisfied', result };
}

export function change<M>(
  summary: string,
  memo: M,
  { diff = null, predicted }: { diff?: string | null; predicted?: Json } = {},
): Change<M> {
  return { is: 'change', summary, memo, diff, predicted };
}

export function pending(why: string): Pending {
  return { is: 'pending', why };
}

export function unknown(why: string): Unknown {
  return { is: 'unknown', why };
}

export function notDone(why: string, error?: PgdbaError): NotDone {
  return { is: 'not-done', why, ...(error === undefined ? {} : { error }) };
}

export const undone: Undone = { is: 'undone' };

export function kept(why: string): Kept {
  return { is: 'kept', why };
}
