import { closeSync, rmSync, writeSync } from 'node:fs';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Chain, Head } from './chain.ts';
import { draftRecord, type RecordDraft } from './compose-record.ts';
import { OpenUnits } from './open-units.ts';
import { openPrivate, privateDirectory } from './private-file.ts';
import { ownIdentity } from './process-identity.ts';
import type { AnyRecord, NewRecord } from './record.ts';
import { RecordWriter, type Written } from './record-writer.ts';
import type { RunPaths } from './run-directory.ts';
import { endLine, type IndexLine, leftLine } from './run-index.ts';
import type { Journal, RunDirectory } from './store.ts';

export interface FileJournalOptions {
  readonly run: string;
  readonly paths: RunPaths;
  /** What is already written, whole and proved. */
  readonly chain: Chain;
  readonly redactor: Redactor;
  readonly now: () => number;
  readonly index: (line: IndexLine) => void;
  /** Lets others write it, once it is closed. */
  readonly release?: () => void;
}

/** An append that waits for its turn to end. */
interface Waiting {
  readonly draft: RecordDraft;
  readonly resolve: (record: AnyRecord) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A run's journal in its directory. Records keep the order of their `append` calls. What is appended at the same moment
 * shares one write and one sync; while several branches are under way, what is appended in the same turn of the event
 * loop does, since they wake up in it one after the other. A turn takes time, so a single branch does not wait for it.
 */
export class FileJournal implements Journal {
  readonly run: string;
  readonly #options: FileJournalOptions;
  readonly #writer: RecordWriter;
  readonly #log: number;
  readonly #units = new OpenUnits();
  readonly #made = new Set<RunDirectory>();
  #waiting: Waiting[] = [];
  #turn: NodeJS.Immediate | undefined;
  #open = true;

  constructor(options: FileJournalOptions) {
    const { run, paths, chain } = options;
    this.run = run;
    this.#options = options;
    this.#writer = new RecordWriter(run, paths, chain);
    this.#log = openPrivate(paths.log);
  }

  get records(): readonly AnyRecord[] {
    return this.#writer.records;
  }

  get head(): Head {
    return this.#writer.head;
  }

  append(record: NewRecord, { shared } = { shared: false }): Promise<AnyRecord> {
    return new Promise((resolve, reject) => {
      if (!this.#open) throw new PgdbaError('BUG', { facts: { problem: `the journal of run ${this.run} is closed` } });
      const draft = draftRecord(record, this.#options);
      this.#waiting.push({ draft, resolve, reject });
      this.#turn ??= setImmediate(() => this.#endTurn());
      if (!this.#units.note(draft) && !shared) queueMicrotask(() => this.#writeWaiting());
    });
  }

  log({ task, level, message }: Parameters<Journal['log']>[0]): void {
    if (!this.#open || this.#writer.full) return;
    const line = {
      ts: this.#timestamp(),
      ...(task === undefined ? {} : { task }),
      level,
      message: this.#options.redactor.redact(message),
    };
    try {
      writeSync(this.#log, `${JSON.stringify(line)}\n`);
    } catch {
      // The log is a comfort: a run must not fail because its chatter found no room.
    }
  }

  async directory(name: RunDirectory): Promise<string> {
    const path = this.#options.paths[name];
    if (!this.#made.has(name)) privateDirectory(path);
    this.#made.add(name);
    return path;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#endTurn();
    this.#writer.close();
    closeSync(this.#log);
    this.#tellLeft();
    this.#options.release?.();
  }

  #tellLeft(): void {
    if (this.records.at(-1)?.type === 'run.ended') return;
    try {
      this.#options.index(leftLine(this.run, this.records, this.#timestamp()));
    } catch {
      // Without the line the run shows as running until this process ends; nothing else depends on it.
    }
  }

  #endTurn(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#writeWaiting();
    this.#writer.noteHead();
  }

  #writeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const answers = this.#writer.write(waiting.map(({ draft }) => draft));
    waiting.forEach((waited, at) => {
      this.#answer(waited, answers[at]);
    });
  }

  #answer({ resolve, reject }: Waiting, written: Written | undefined): void {
    try {
      if (!written || 'error' in written) throw written?.error;
      this.#tellIndex(written.record);
      resolve(written.record);
    } catch (thrown) {
      reject(thrown);
    }
  }

  #tellIndex(record: AnyRecord): void {
    const { index, paths } = this.#options;
    if (record.type === 'run.resumed') {
      index({ is: 'resumed', id: this.run, at: record.ts, process: ownIdentity() });
    }
    if (record.type !== 'run.ended') return;
    try {
      index(endLine(record));
    } catch (thrown) {
      if (!this.#writer.useReserve(thrown)) throw thrown;
      index(endLine(record));
    }
    rmSync(paths.reserve, { force: true });
  }

  #timestamp(): string {
    return new Date(this.#options.now()).toISOString();
  }
}
