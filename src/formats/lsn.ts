import { PgdbaError } from '../errors/pgdba-error.ts';

/** A WAL position as PostgreSQL prints it (`16/B374D848`), normalised to upper case. */
export function parseLsn(text: string): string {
  position(text);
  return text.toUpperCase();
}

/** a − b in bytes. Exact: WAL positions exceed 2^53. */
export function lsnDiff(a: string, b: string): bigint {
  return position(a) - position(b);
}

function position(text: string): bigint {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text);
  if (!match) {
    throw new PgdbaError('FORMAT_INVALID', {
      facts: { value: text, format: 'WAL position' },
      hint: 'write it as PostgreSQL prints it, such as 16/B374D848',
    });
  }
  return (BigInt(`0x${match[1]}`) << 32n) + BigInt(`0x${match[2]}`);
}
