import { rmSync } from 'node:fs';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { AppendFile } from './append-file.ts';
import { encodeSplit, maxLine, noteWritten, type SplitLine, writeBlob } from './blobs.ts';
import type { Chain, Head } from './chain.ts';
import { placeRecord, type RecordDraft } from './compose-record.ts';
import { HeadFile } from './head-file.ts';
import { type AnyRecord, type RecordType, syncedTypes } from './record.ts';
import type { RunPaths } from './run-directory.ts';
import { headOf } from './run-index.ts';
import { isDiskFull, writeFailure } from './write-failure.ts';

/** What became of one draft. */
export type Written = { readonly record: AnyRecord } | { readonly error: unknown };

/** Puts drafts at the end of a run's journal: numbered, chained, written together, synced together. */
export class RecordWriter {
  readonly records: AnyRecord[];
  readonly #run: string;
  readonly #paths: RunPaths;
  readonly #file: AppendFile;
  readonly #headFile: HeadFile;
  #head: Head;
  #full: PgdbaError | undefined;
  /** To be noted in `head`. */
  #synced: Head | undefined;

  /** `chain`: what is already written, whole and proved. */
  constructor(run: string, paths: RunPaths, chain: Chain) {
    this.#run = run;
    this.#paths = paths;
    this.records = [...chain.records];
    this.#head = headOf(this.records);
    this.#file = new AppendFile(paths.journal, chain.length);
    this.#headFile = new HeadFile(paths.head);
  }

  get head(): Head {
    return this.#head;
  }

  /** The disk was full, and its reserve is in use. */
  get full(): PgdbaError | undefined {
    return this.#full;
  }

  /**
   * One write and one sync for all of them, an answer for each. On a full disk each stands alone: what has happened is
   * still written, into the space of the reserve; nothing new is begun in it, or its result would find no room.
   */
  write(drafts: readonly RecordDraft[]): Written[] {
    const first = drafts[0];
    if (!first) return [];
    const alone = drafts.length === 1;
    const closes = closing.has(first.type);
    if (this.#full && !alone) return drafts.flatMap((draft) => this.write([draft]));
    if (this.#full && !closes) return [{ error: this.#full }];
    try {
      return this.#writeTogether(drafts);
    } catch (error) {
      if (isDiskFull(error) && !alone) return drafts.flatMap((draft) => this.write([draft]));
      if (closes && this.useReserve(error)) return this.write(drafts);
      return drafts.map(() => ({ error }));
    }
  }

  /** Gives the reserve up when that could help against this failure; false when it could not, or is given up already. */
  useReserve(failure: unknown): boolean {
    if (this.#full || !isDiskFull(failure)) return false;
    this.#full = writeFailure(this.#file.path, failure);
    rmSync(this.#paths.reserve, { force: true });
    return true;
  }

  /** Notes in `head` what is synced. A head that stays behind is allowed for, so it need not be done at once. */
  noteHead(): void {
    const head = this.#synced;
    if (!head) return;
    this.#synced = undefined;
    try {
      this.#headFile.write(head);
    } catch {
      // The record is on disk; to fail now would deny it.
    }
  }

  close(): void {
    this.noteHead();
    this.#file.close();
    this.#headFile.close();
  }

  /** All or none are there when it returns; a record too long for a line is our own defect and leaves the others alone. */
  #writeTogether(drafts: readonly RecordDraft[]): Written[] {
    const answers: Written[] = [];
    const lines: SplitLine[] = [];
    let head = this.#head;
    for (const draft of drafts) {
      const full = placeRecord(draft, { run: this.#run, head });
      const line = encodeSplit(full);
      if (line.bytes.length > maxLine) {
        answers.push({ error: tooLong(draft.type, line.bytes.length) });
        continue;
      }
      this.#writeBlobs(line.blobs);
      lines.push(line);
      head = { seq: full.seq, hash: line.hash };
      const record = Object.assign(full, { hash: line.hash }) as unknown as AnyRecord;
      if (line.blobs.size > 0) noteWritten(record, { ...line.body, hash: line.hash } as unknown as AnyRecord);
      answers.push({ record });
    }
    const only = lines[0];
    if (!only) return answers;
    const sync = lines.some(({ body }) => syncedTypes.has(body.type));
    this.#file.append(lines.length === 1 ? only.bytes : Buffer.concat(lines.map(({ bytes }) => bytes)), { sync });
    for (const answer of answers) if ('record' in answer) this.records.push(answer.record);
    this.#head = head;
    if (sync) this.#synced = head;
    return answers;
  }

  #writeBlobs(blobs: SplitLine['blobs']): void {
    try {
      for (const [name, content] of blobs) writeBlob(this.#paths.blobs, name, content);
    } catch (thrown) {
      throw writeFailure(this.#paths.blobs, thrown);
    }
  }
}

function tooLong(type: RecordType, bytes: number): PgdbaError {
  return new PgdbaError('BUG', { facts: { problem: `a ${type} record has ${bytes} bytes` } });
}

/** Records that say how something went that has already happened. */
const closing: ReadonlySet<RecordType> = new Set<RecordType>([
  'lease.lost',
  'lease.released',
  'task.receipt',
  'task.result',
  'hold.released',
  'rollback.result',
  'rollback.ended',
  'run.cancel',
  'run.parked',
  'run.ended',
]);
