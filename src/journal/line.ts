import { hash as hashOnce } from 'node:crypto';
import { type AnyRecord, type JournalRecord, journalVersion } from './record.ts';

/** `prev` of the first record, and the head of a journal that has none. */
export const noHash = '0'.repeat(64);

/** A record before it has its hash, keys in the order they are written. */
export type RecordBody = Omit<JournalRecord, 'hash' | 'data'> & { readonly data: unknown };

/** A line's bytes, newline included, and its hash: sha256 over `prev` (64 hex digits) and the bytes before `,"hash"`. */
export function encodeLine(body: RecordBody): { bytes: Buffer; hash: string } {
  const open = JSON.stringify(body).slice(0, -1);
  const hash = hashOnce('sha256', body.prev + open);
  return { bytes: Buffer.from(`${open},"hash":"${hash}"}\n`), hash };
}

/** The record of one line (without newline), or the sentence why it is none. Judges the line alone, not its place. */
export function decodeLine(line: Buffer): AnyRecord | string {
  const seal = /^,"hash":"([0-9a-f]{64})"\}$/.exec(line.toString('latin1', Math.max(0, line.length - sealLength)));
  const record = parse(line);
  if (!seal || !record) return 'the line is not a whole record';
  // Before the hash is judged: a newer format may compute it in another way, and is then not damage.
  if (record.v > journalVersion) return record;
  const body = line.subarray(0, line.length - sealLength);
  return hashOf(record.prev, body) === seal[1] ? record : 'the line does not have its hash';
}

/** Whether all of a line is there, right or wrong: what a crash tears, or leaves as holes, is no JSON any more. */
export function isFinished(line: Buffer): boolean {
  try {
    JSON.parse(line.toString());
    return true;
  } catch {
    return false;
  }
}

const sealLength = ',"hash":""}'.length + 64;

function hashOf(prev: string, body: Buffer): string {
  return hashOnce('sha256', Buffer.concat([Buffer.from(prev), body]));
}

function parse(line: Buffer): AnyRecord | undefined {
  try {
    const value: unknown = JSON.parse(line.toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is AnyRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { v, seq, run, type, data, prev, hash } = value as Record<string, unknown>;
  const strings = [run, type, prev, hash].every((field) => typeof field === 'string');
  return strings && Number.isInteger(v) && Number.isInteger(seq) && typeof data === 'object' && data !== null;
}
