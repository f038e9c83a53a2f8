import { createHash } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { damaged } from './chain.ts';
import type { ComposedRecord, RecordFields } from './compose-record.ts';
import { encodeLine } from './line.ts';
import { createPrivate, readIfThere, syncDirectory } from './private-file.ts';
import type { AnyRecord, Json } from './record.ts';

/** Longest line, newline included. */
export const maxLine = 64 * 1024;

interface BlobReference {
  readonly $blob: string;
  readonly bytes: number;
}

/** A record as its line: what was too large for it lies in blobs, by hash. */
export interface SplitLine {
  readonly bytes: Buffer;
  readonly hash: string;
  /** The record as the line has it. */
  readonly body: ComposedRecord;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

/**
 * Encodes a record, its largest values replaced by references until its line fits. A value that itself looks like a
 * reference always goes into a blob, so that reading cannot mistake it for one.
 */
export function encodeSplit(body: ComposedRecord): SplitLine {
  const values = Object.values(body.data);
  const whole = values.some(looksLikeReference) ? undefined : encodeLine(body);
  if (!whole || whole.bytes.length > maxLine) return split(body);
  return { bytes: whole.bytes, hash: whole.hash, body, blobs: noBlobs };
}

/** The record as it stands in its line, where its large values are references. */
export function asWritten(record: AnyRecord): AnyRecord {
  return lines.get(record) ?? record;
}

/** Remembers how a record with large values stands in its line. */
export function noteWritten(record: AnyRecord, written: AnyRecord): AnyRecord {
  lines.set(record, written);
  return record;
}

const lines = new WeakMap<AnyRecord, AnyRecord>();
const noBlobs: ReadonlyMap<string, Buffer> = new Map();

function split(body: ComposedRecord): SplitLine {
  const blobs = new Map<string, Buffer>();
  const data: Record<string, Json> = { ...body.data };
  const move = (key: string, text: string): void => {
    const bytes = Buffer.from(text);
    const hash = sha256(bytes);
    blobs.set(hash, bytes);
    data[key] = { $blob: hash, bytes: bytes.length };
  };

  const texts = Object.entries(data).map(([key, value]) => ({ key, value, text: JSON.stringify(value) }));
  for (const { key, value, text } of texts) if (looksLikeReference(value)) move(key, text);
  const largestFirst = texts.sort((a, b) => b.text.length - a.text.length);
  let line = encodeLine({ ...body, data });
  for (const { key, text } of largestFirst) {
    if (line.bytes.length <= maxLine) break;
    if (text.length <= smallestBlob || looksLikeReference(data[key])) continue;
    move(key, text);
    line = encodeLine({ ...body, data });
  }
  return { ...line, body: { ...body, data }, blobs };
}

/** Writes one blob under its hash; on disk, name included, when it returns. */
export function writeBlob(directory: string, hash: string, bytes: Buffer): void {
  const draft = join(directory, `.${hash}.${process.pid}`);
  rmSync(draft, { force: true });
  try {
    createPrivate(draft, bytes);
    renameSync(draft, join(directory, hash));
  } catch (thrown) {
    rmSync(draft, { force: true });
    throw thrown;
  }
  syncDirectory(directory);
}

/** The record with its blobs put back. Errors: JOURNAL_DAMAGED when one is missing or is not what was written. */
export function restoreLarge(record: AnyRecord, directory: string): AnyRecord {
  const entries: [string, Json][] = Object.entries(record.data as RecordFields);
  if (!entries.some(([, value]) => isReference(value))) return record;
  const data = Object.fromEntries(
    entries.map(([key, value]) => [key, isReference(value) ? readBlob(directory, value) : value]),
  );
  return noteWritten({ ...record, data } as unknown as AnyRecord, record);
}

/** Shorter values are not worth a file: the reference alone takes 90 bytes. */
const smallestBlob = 512;

function readBlob(directory: string, { $blob, bytes }: BlobReference): Json {
  const file = join(directory, $blob);
  const content = readIfThere(file);
  if (!content) throw damaged(file, 0, 'the file is missing');
  if (content.length !== bytes || sha256(content) !== $blob)
    throw damaged(file, 0, 'the content is not what was written');
  return JSON.parse(content.toString()) as Json;
}

function looksLikeReference(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && '$blob' in value;
}

function isReference(value: Json): value is Json & BlobReference {
  if (typeof value !== 'object' || value === null || !('$blob' in value) || !('bytes' in value)) return false;
  return typeof value.$blob === 'string' && /^[0-9a-f]{64}$/.test(value.$blob) && typeof value.bytes === 'number';
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
