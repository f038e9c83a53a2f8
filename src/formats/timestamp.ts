import { PgdbaError } from '../errors/pgdba-error.ts';

const shape = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s?(Z|[+-]\d{2}:?\d{2})$/i;

/** A point in time with its zone (`2026-11-20T02:00:00+01:00`, `… 01:00:00Z`) → RFC 3339 in UTC, milliseconds. */
export function parseTimestamp(text: string): string {
  const match = shape.exec(text.trim());
  const zone = match?.[7]?.toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
  const time = match
    ? Date.parse(
        text
          .trim()
          .replace(' ', 'T')
          .replace(/\s?(Z|[+-]\d{2}:?\d{2})$/i, zone ?? ''),
      )
    : Number.NaN;
  if (Number.isNaN(time) || !dayExists(match)) {
    throw new PgdbaError('FORMAT_INVALID', {
      facts: { value: text, format: 'timestamp with a time zone' },
      hint: 'write it as 2026-11-20T02:00:00Z or 2026-11-20T03:00:00+01:00; a zone is required',
    });
  }
  return new Date(time).toISOString();
}

/** `Date.parse` lets 31 February slip into March; a DBA who types it made a mistake. */
function dayExists(match: RegExpExecArray | null): boolean {
  const [year, month, day] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
