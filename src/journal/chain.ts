import { PgdbaError } from '../errors/pgdba-error.ts';
import { decodeLine, noHash } from './line.ts';
import { type AnyRecord, journalVersion } from './record.ts';

/** A journal's bytes, read and proved. */
export interface Chain {
  readonly records: readonly AnyRecord[];
  /** Where each record begins. */
  readonly offsets: readonly number[];
  /** Bytes of whole records; what follows is torn. */
  readonly length: number;
  readonly tornBytes: number;
}

/** seq and hash of a record. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const emptyHead: Head = { seq: 0, hash: noHash };

/**
 * Reads all records of a journal and proves that each follows the one before it. A bad last line is torn (a crash can
 * do that); a bad line with something after it is JOURNAL_DAMAGED. A newer format is JOURNAL_TOO_NEW.
 */
export function readChain(bytes: Buffer, { file, run }: { file: string; run: string }): Chain {
  const records: AnyRecord[] = [];
  const offsets: number[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const newline = bytes.indexOf(0x0a, offset);
    const next = newline < 0 ? bytes.length : newline + 1;
    const record = newline < 0 ? 'the line has no end' : decodeLine(bytes.subarray(offset, newline));
    const problem = typeof record === 'string' ? record : misplaced(record, records.at(-1), run, file);
    if (typeof record === 'string' || problem) {
      if (next < bytes.length) throw damaged(file, offset, problem ?? '');
      break;
    }
    records.push(record);
    offsets.push(offset);
    offset = next;
  }
  return { records, offsets, length: offset, tornBytes: bytes.length - offset };
}

/** Refuses a chain that is shorter than a head once written (JOURNAL_TRUNCATED) or another chain (JOURNAL_DAMAGED). */
export function requireHead(chain: Chain, head: Head, file: string): void {
  if (head.seq === 0) return;
  const record = chain.records[head.seq - 1];
  if (!record) {
    throw new PgdbaError('JOURNAL_TRUNCATED', {
      facts: { file, found: chain.records.length, expected: head.seq },
      hint: 'records are missing at its end; keep the file as it is and restore the run directory from a backup',
    });
  }
  if (record.hash !== head.hash) {
    throw damaged(file, chain.offsets[head.seq - 1] ?? 0, `record ${head.seq} is not the one that was written`);
  }
}

export function damaged(file: string, offset: number, problem: string): PgdbaError {
  return new PgdbaError('JOURNAL_DAMAGED', {
    facts: { file, offset, problem },
    hint: 'it was changed from outside or the disk failed; keep it as it is and restore the run directory from a backup',
  });
}

function misplaced(record: AnyRecord, before: AnyRecord | undefined, run: string, file: string): string | undefined {
  if (record.v > journalVersion) {
    throw new PgdbaError('JOURNAL_TOO_NEW', {
      facts: { file, version: record.v },
      hint: 'use the pgdba that wrote it, or a newer one',
    });
  }
  if (record.run !== run) return `the record belongs to run ${record.run}`;
  if (record.seq !== (before?.seq ?? 0) + 1) return `record ${record.seq} follows record ${before?.seq ?? 0}`;
  if (record.prev !== (before?.hash ?? noHash)) return `record ${record.seq} does not follow from the one before it`;
  return undefined;
}
