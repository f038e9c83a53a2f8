import type { Redactor } from '../secrets/redactor.ts';
import type { Head } from './chain.ts';
import type { RecordBody } from './line.ts';
import { plainCopy } from './plain-copy.ts';
import { type Json, journalVersion, type NewRecord } from './record.ts';

export type RecordFields = Readonly<Record<string, Json>>;
export type ComposedRecord = Omit<RecordBody, 'data'> & { readonly data: RecordFields };
/** A record that has no place in the chain yet. */
export type RecordDraft = Omit<ComposedRecord, 'v' | 'seq' | 'run' | 'prev'>;

/**
 * A new record as plain JSON without secrets: what the caller gets back is what a reader will get, and nothing the caller
 * does to its data afterwards reaches it. Errors: BUG when a BigInt is in it.
 */
export function draftRecord(
  { type, task, item, attempt, data }: NewRecord,
  { redactor, now }: { redactor: Redactor; now: () => number },
): RecordDraft {
  return {
    ts: new Date(now()).toISOString(),
    type,
    ...(task === undefined ? {} : { task }),
    ...(item === undefined ? {} : { item: redactor.redact(item) }),
    ...(attempt === undefined ? {} : { attempt }),
    data: plainCopy(data, redactor) as RecordFields,
  };
}

/** The draft in its place after `head`, keys in the order they are written. */
export function placeRecord(draft: RecordDraft, { run, head }: { run: string; head: Head }): ComposedRecord {
  const { ts, type, data } = draft;
  const sealed = type === 'run.ended' ? { ...data, head: head.hash } : data;
  const v = journalVersion;
  const seq = head.seq + 1;
  const prev = head.hash;
  const { task, item, attempt } = draft;
  // The usual ones are not put together by spreading what may be missing: a task waits for this, and that is slow.
  if (task !== undefined && item === undefined && attempt !== undefined) {
    return { v, seq, ts, run, type, task, attempt, data: sealed, prev };
  }
  if (task !== undefined && item !== undefined && attempt !== undefined) {
    return { v, seq, ts, run, type, task, item, attempt, data: sealed, prev };
  }
  const place = {
    ...(task === undefined ? {} : { task }),
    ...(item === undefined ? {} : { item }),
    ...(attempt === undefined ? {} : { attempt }),
  };
  return { v, seq, ts, run, type, ...place, data: sealed, prev };
}
