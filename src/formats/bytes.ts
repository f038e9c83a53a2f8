import { PgdbaError } from '../errors/pgdba-error.ts';

const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** `1MiB`, `500 kB`, `0`, `8192` → integer bytes. A bare number counts bytes. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s?([A-Za-z]*)$/.exec(text);
  const factor = match ? units[match[2] || 'B'] : undefined;
  const bytes = match && factor !== undefined ? Math.round(Number(match[1]) * factor) : Number.NaN;
  if (!Number.isSafeInteger(bytes)) {
    throw new PgdbaError('FORMAT_INVALID', {
      facts: { value: text, format: 'number of bytes' },
      hint: `write a number with one of ${Object.keys(units).join(', ')}`,
    });
  }
  return bytes;
}

/** Bytes for people, binary units: `512 B`, `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < names.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || Math.abs(value) >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${names[unit]}`;
}
