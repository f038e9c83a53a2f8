import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Head } from './chain.ts';
import type { RecordBody } from './line.ts';
import { type Json, journalVersion, type NewRecord } from './record.ts';

export type RecordFields = Readonly<Record<string, Json>>;
export type ComposedRecord = Omit<RecordBody, 'data'> & { readonly data: RecordFields };

/**
 * A new record in its place after `head`, as plain JSON without secrets: what the caller gets back is what a reader
 * will get. Errors: BUG when a BigInt is in it.
 */
export function composeRecord(
  { type, task, item, attempt, data }: NewRecord,
  { run, head, redactor, now }: { run: string; head: Head; redactor: Redactor; now: () => number },
): ComposedRecord {
  refuseBigInt(data, 'data');
  const sealed = type === 'run.ended' ? { ...data, head: head.hash } : data;
  return {
    v: journalVersion,
    seq: head.seq + 1,
    ts: new Date(now()).toISOString(),
    run,
    type,
    ...(task === undefined ? {} : { task }),
    ...(item === undefined ? {} : { item: redactor.redact(item) }),
    ...(attempt === undefined ? {} : { attempt }),
    data: JSON.parse(JSON.stringify(redactor.redactValue(sealed))) as RecordFields,
    prev: head.hash,
  };
}

/** The redactor would turn a BigInt into a string without a word, and a resume would then read another type. */
function refuseBigInt(value: unknown, place: string): void {
  if (typeof value === 'bigint') {
    throw new PgdbaError('BUG', { facts: { problem: `a BigInt reached the journal at ${place}` } });
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) refuseBigInt(inner, `${place}.${key}`);
}
