import { PgdbaError } from '../errors/pgdba-error.ts';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy;

/** `90s`, `1h30m`, `250ms`, `0` → integer milliseconds. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  let total = 0;
  let end = 0;
  for (const [whole, amount, unit] of text.matchAll(part)) {
    total += Number(amount) * units[unit as keyof typeof units];
    end += whole.length;
  }
  if (end === 0 || end !== text.length || !Number.isSafeInteger(Math.round(total))) {
    throw new PgdbaError('FORMAT_INVALID', {
      facts: { value: text, format: 'duration' },
      hint: 'write a number with its unit, such as 250ms, 90s, 5m or 1h30m',
    });
  }
  return Math.round(total);
}

/** Milliseconds for people: `250ms`, `1.5s`, `2m 5s`, `3h 4m`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${trim(ms / 1000)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return join(Math.floor(seconds / 60), 'm', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return join(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
  const hours = Math.round(minutes / 60);
  return join(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function trim(value: number): string {
  return value < 10 ? String(Number(value.toFixed(1))) : String(Math.round(value));
}

function join(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit} ${small}${smallUnit}`;
}
