import { PgdbaError } from '../errors/pgdba-error.ts';

/** A name as SQL takes it where it cannot be bound: `"my ""table"""`. Errors: FORMAT_INVALID for NUL and the empty name. */
export function quoteIdentifier(name: string): string {
  if (name === '') throw refuse(name, 'SQL identifier', 'an identifier has at least one character');
  if (name.includes('\0')) throw refuse(name, 'SQL identifier', 'PostgreSQL keeps no NUL character in a name');
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A value as an SQL literal, for the few statements that take no bound values (`ALTER ROLE … PASSWORD`).
 * A backslash makes it an `E'…'` literal, so that it means the same whatever standard_conforming_strings says.
 */
export function quoteLiteral(value: string): string {
  if (value.includes('\0')) throw refuse('…', 'SQL literal', 'PostgreSQL keeps no NUL character in a text');
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

function refuse(value: string, format: string, hint: string): PgdbaError {
  return new PgdbaError('FORMAT_INVALID', { facts: { value: value.replaceAll('\0', '\\0'), format }, hint });
}
