import { expect } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import type { JournalStore } from '../../../src/journal/store.ts';

/** Codes that refuse a journal. */
export const refusals = ['JOURNAL_DAMAGED', 'JOURNAL_TRUNCATED', 'JOURNAL_TOO_NEW'];

/** `refused`, or how many records are left and how many bytes are reported as torn. */
export async function look(store: JournalStore, run: string): Promise<string> {
  try {
    const { records, torn_bytes } = await store.verify(run);
    let torn = 0;
    expect(await store.read(run, (bytes) => (torn = bytes))).toHaveLength(records);
    expect(torn).toBe(torn_bytes);
    return torn_bytes > 0 ? `${records} records, torn` : `${records} records`;
  } catch (thrown) {
    if (thrown instanceof PgdbaError && refusals.includes(thrown.code)) return 'refused';
    throw thrown;
  }
}
