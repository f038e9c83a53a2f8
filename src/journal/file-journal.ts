import { closeSync, rmSync, writeSync } from 'node:fs';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { AppendFile } from './append-file.ts';
import { maxLine, splitLarge, writeBlob } from './blobs.ts';
import type { Chain, Head } from './chain.ts';
import { type ComposedRecord, composeRecord } from './compose-record.ts';
import { HeadFile } from './head-file.ts';
import { encodeLine } from './line.ts';
import { openPrivate, privateDirectory } from './private-file.ts';
import { ownIdentity } from './process-identity.ts';
import { type AnyRecord, type NewRecord, type RecordType, syncedTypes } from './record.ts';
import type { RunPaths } from './run-directory.ts';
import { endLine, headOf, type IndexLine } from './run-index.ts';
import type { Journal } from './store.ts';
import { isDiskFull, writeFailure } from './write-failure.ts';

export interface FileJournalOptions {
  readonly run: string;
  readonly paths: RunPaths;
  /** What is already written, whole and proved. */
  readonly chain: Chain;
  readonly redactor: Redactor;
  readonly now: () => number;
  readonly index: (line: IndexLine) => void;
}

/** A run's journal in its directory. All writing is synchronous, so records keep the order of their `append` calls. */
export class FileJournal implements Journal {
  readonly run: string;
  readonly #options: FileJournalOptions;
  readonly #records: AnyRecord[];
  readonly #file: AppendFile;
  readonly #headFile: HeadFile;
  readonly #log: number;
  #head: Head;
  #full: PgdbaError | undefined;
  #open = true;

  constructor(options: FileJournalOptions) {
    const { run, paths, chain } = options;
    this.run = run;
    this.#options = options;
    this.#records = [...chain.records];
    this.#head = headOf(this.#records);
    this.#file = new AppendFile(paths.journal, chain.length);
    this.#headFile = new HeadFile(paths.head);
    this.#log = openPrivate(paths.log);
  }

  get records(): readonly AnyRecord[] {
    return this.#records;
  }

  get head(): Head {
    return this.#head;
  }

  async append(record: NewRecord): Promise<AnyRecord> {
    if (!this.#open) throw new PgdbaError('BUG', { facts: { problem: `the journal of run ${this.run} is closed` } });
    const { redactor, now } = this.#options;
    const body = composeRecord(record, { run: this.run, head: this.#head, redactor, now });
    const written = this.#withReserve(record.type, () => this.#write(body));
    this.#tellIndex(written);
    return written;
  }

  log({ task, level, message }: Parameters<Journal['log']>[0]): void {
    if (!this.#open || this.#full) return;
    const { redactor, now } = this.#options;
    const line = {
      ts: new Date(now()).toISOString(),
      ...(task === undefined ? {} : { task }),
      level,
      message: redactor.redact(message),
    };
    try {
      writeSync(this.#log, `${JSON.stringify(line)}\n`);
    } catch {
      // The log is a comfort: a run must not fail because its chatter found no room.
    }
  }

  async directory(name: 'children' | 'scratch'): Promise<string> {
    const path = this.#options.paths[name];
    privateDirectory(path);
    return path;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#file.close();
    this.#headFile.close();
    closeSync(this.#log);
    if (this.#records.at(-1)?.type === 'run.ended') return;
    try {
      this.#options.index({ is: 'left', id: this.run, at: this.#timestamp() });
    } catch {
      // Without the line the run shows as running until this process ends; nothing else depends on it.
    }
  }

  #write(body: ComposedRecord): AnyRecord {
    const large = splitLarge(body);
    const { bytes, hash } = encodeLine(large.body);
    if (bytes.length > maxLine) {
      throw new PgdbaError('BUG', { facts: { problem: `a ${body.type} record has ${bytes.length} bytes` } });
    }
    const { paths } = this.#options;
    try {
      for (const [name, content] of large.blobs) writeBlob(paths.blobs, name, content);
    } catch (thrown) {
      throw writeFailure(paths.blobs, thrown);
    }
    const sync = syncedTypes.has(body.type);
    this.#file.append(bytes, { sync });
    this.#head = { seq: body.seq, hash };
    const record = { ...body, hash } as unknown as AnyRecord;
    this.#records.push(record);
    if (sync) this.#writeHead();
    return record;
  }

  #writeHead(): void {
    try {
      this.#headFile.write(this.#head);
    } catch {
      // The record is on disk, and a head that stays behind is allowed for; to fail now would deny the record.
    }
  }

  /**
   * On a full disk, what has happened is still written, into the space of the reserve; nothing new is begun in it,
   * or its result would find no room.
   */
  #withReserve<T>(type: RecordType, write: () => T): T {
    const closes = closing.has(type);
    if (this.#full && !closes) throw this.#full;
    try {
      return write();
    } catch (thrown) {
      if (!closes || this.#full || !isDiskFull(thrown)) throw thrown;
      this.#full = writeFailure(this.#file.path, thrown);
      rmSync(this.#options.paths.reserve, { force: true });
      return write();
    }
  }

  #tellIndex(record: AnyRecord): void {
    const { index } = this.#options;
    if (record.type === 'run.resumed') {
      index({ is: 'resumed', id: this.run, at: record.ts, process: ownIdentity() });
    }
    if (record.type !== 'run.ended') return;
    this.#withReserve('run.ended', () => index(endLine(record)));
    rmSync(this.#options.paths.reserve, { force: true });
  }

  #timestamp(): string {
    return new Date(this.#options.now()).toISOString();
  }
}

/** Records that say how something went that has already happened. */
const closing: ReadonlySet<RecordType> = new Set<RecordType>([
  'lease.lost',
  'lease.released',
  'task.receipt',
  'task.result',
  'rollback.result',
  'rollback.ended',
  'run.parked',
  'run.ended',
]);
