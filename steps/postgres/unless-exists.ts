import { PgdbaError } from '../../src/step/index.ts';

/** 42P04 database, 42710 role, …, 42P06 schema, 42P07 table: somebody made it after the check, perhaps an earlier apply. */
const exists = new Set(['42P04', '42710', '42P06', '42P07']);

/** For `.catch()` of a CREATE: that it is there already is no failure. */
export function unlessExists(thrown: unknown): void {
  if (!(thrown instanceof PgdbaError) || !exists.has(String(thrown.facts['sqlstate']))) throw thrown;
}
