import type { Look } from '../../src/step/index.ts';

const longest = 256 * 1024;

/** Rows as they may be kept: secrets masked, at most so many, and no more than 256 KiB of them. */
export function keptRows(look: Look, rows: readonly Record<string, unknown>[], most: number) {
  const kept: Record<string, unknown>[] = [];
  let size = 0;
  for (const row of rows.slice(0, most)) {
    const safe = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, look.maskedJson(value)]));
    size += JSON.stringify(safe).length;
    if (size > longest) break;
    kept.push(safe);
  }
  return { rows: kept, truncated: kept.length < rows.length };
}
