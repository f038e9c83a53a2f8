import { existsSync, rmSync } from 'node:fs';
import { resolve as absolute, join } from 'node:path';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { type Chain, readChain } from './chain.ts';
import { claimRun } from './claim-run.ts';
import { FileJournal } from './file-journal.ts';
import { type GuardRecord, readGuardRecords } from './guard-journal.ts';
import { appendIndex, readIndex } from './index-file.ts';
import { type DrivenSummary, listRuns, requireEnded, requireUndriven, resolveRun, unknownRun } from './list-runs.ts';
import { storedText } from './prove-playbook.ts';
import type { AnyRecord, StoredText } from './record.ts';
import {
  createRunDirectory,
  diskUsage,
  ensureRunsDirectory,
  fillReserve,
  type RunPaths,
  runPaths,
} from './run-directory.ts';
import { endLine, type IndexLine, isRunId, startLine } from './run-index.ts';
import { RunReader, unusable } from './run-reader.ts';
import type { Journal, JournalStore, ListOptions, NewRun, RunSummary, StoredPlaybook } from './store.ts';
import { readStoredFiles, replacePlaybook } from './stored-playbook.ts';
import { writeFailure } from './write-failure.ts';

/** The runs of one home, as files under `<home>/runs`. `now`: wall clock in ms. */
export function fileStore(options: { home: string; redactor: Redactor; now?: () => number }): JournalStore {
  return new FileStore(options);
}

class FileStore implements JournalStore {
  readonly #home: string;
  readonly #redactor: Redactor;
  readonly #now: () => number;
  readonly #indexPath: string;
  readonly #reader: RunReader;

  constructor({ home, redactor, now = Date.now }: { home: string; redactor: Redactor; now?: () => number }) {
    this.#home = absolute(home);
    this.#redactor = redactor;
    this.#now = now;
    this.#indexPath = join(this.#home, 'runs', 'index.jsonl');
    this.#reader = new RunReader(this.#home);
  }

  async create(run: NewRun): Promise<Journal> {
    if (!isRunId(run.id)) throw new PgdbaError('BUG', { facts: { problem: `"${run.id}" is not a run id` } });
    const paths = runPaths(this.#home, run.id);
    if (existsSync(paths.directory)) throw new PgdbaError('BUG', { facts: { problem: `run ${run.id} exists` } });
    try {
      ensureRunsDirectory(this.#home);
    } catch (thrown) {
      throw unusable(this.#home, thrown);
    }
    this.#announce(run);
    const { source, file, children = [] } = run;
    this.#writing(paths.directory, () => createRunDirectory(paths, this.#redacted({ source, file, children })));
    return this.#journal(run.id, { paths, chain: readChain(Buffer.alloc(0), { file: paths.journal, run: run.id }) });
  }

  async open(run: string): Promise<Journal> {
    const { directory } = runPaths(this.#home, run);
    const release = this.#reader.exists(run)
      ? this.#writing(directory, () => claimRun(directory, run))
      : () => undefined;
    try {
      return await this.#openClaimed(run, release);
    } catch (thrown) {
      release();
      throw thrown;
    }
  }

  async #openClaimed(run: string, release: () => void): Promise<Journal> {
    const { chain, trace, paths } = this.#reader.load(run);
    requireUndriven(run, trace);
    if (!existsSync(paths.journal)) {
      throw unknownRun(run, 'it was interrupted before its first record: nothing was done; start it again');
    }
    this.#writing(paths.reserve, () => fillReserve(paths.reserve));
    const journal = this.#journal(run, { paths, chain, release });
    const last = journal.records.at(-1);
    // Killed between the record and the index line.
    if (last?.type === 'run.ended' && trace?.end?.head !== last.hash) this.#index(endLine(last));
    if (chain.tornBytes > 0) {
      await journal.append({ type: 'journal.repaired', data: { cut_bytes: chain.tornBytes, at: chain.length } });
    }
    return journal;
  }

  async read(run: string, onTorn?: (bytes: number) => void): Promise<readonly AnyRecord[]> {
    const { chain } = this.#reader.load(run);
    if (chain.tornBytes > 0) onTorn?.(chain.tornBytes);
    return chain.records;
  }

  async *scan(run: string): AsyncGenerator<AnyRecord, void, void> {
    for (const record of this.#reader.scan(run)) yield record;
  }

  follow(run: string, signal: AbortSignal): AsyncIterable<AnyRecord> {
    return this.#reader.follow(run, signal);
  }

  async verify(run: string): Promise<{ records: number; head: string; torn_bytes: number }> {
    const { records, head, tornBytes } = this.#reader.prove(run).end;
    return { records, head, torn_bytes: tornBytes };
  }

  async playbook(run: string): Promise<StoredPlaybook> {
    const { playbook } = this.#reader.prove(run);
    if (!playbook) throw unknownRun(run);
    return playbook;
  }

  async storedTexts(run: string): Promise<readonly StoredText[]> {
    if (!this.#reader.exists(run)) throw unknownRun(run);
    return this.#reader.reading(() => readStoredFiles(runPaths(this.#home, run).playbook).map(storedText));
  }

  async replacePlaybook(run: string, playbook: StoredPlaybook): Promise<void> {
    if (!this.#reader.exists(run)) throw unknownRun(run);
    const path = runPaths(this.#home, run).playbook;
    this.#writing(path, () => replacePlaybook(path, this.#redacted(playbook)));
  }

  async guards(run: string): Promise<readonly GuardRecord[]> {
    if (!isRunId(run)) return [];
    return this.#reader.reading(() => readGuardRecords(runPaths(this.#home, run).directory, run));
  }

  async list(options: ListOptions): Promise<readonly RunSummary[]> {
    return this.#reader.reading(() => listRuns(readIndex(this.#indexPath), this.#reader, options));
  }

  async summary(run: string): Promise<DrivenSummary | null> {
    return this.#reader.summary(run);
  }

  async size(run: string): Promise<number> {
    if (!this.#reader.exists(run)) throw unknownRun(run);
    return diskUsage(runPaths(this.#home, run).directory);
  }

  async remove(run: string): Promise<void> {
    requireEnded(run, this.#reader.summary(run));
    // First out of the list: what is cut short now leaves files that nobody looks for, never a run without its files.
    this.#index({ is: 'pruned', id: run, at: new Date(this.#now()).toISOString() });
    const { directory } = runPaths(this.#home, run);
    this.#writing(directory, () => rmSync(directory, { recursive: true, force: true }));
  }

  async resolve(id: string): Promise<string> {
    if (this.#reader.exists(id)) return id;
    const part = /^last(:|$)/.test(id) ? '' : id.toUpperCase();
    return this.#reader.reading(() => resolveRun(readIndex(this.#indexPath, part), id));
  }

  #journal(run: string, { paths, chain, release }: { paths: RunPaths; chain: Chain; release?: () => void }): Journal {
    const options = {
      run,
      paths,
      chain,
      redactor: this.#redactor,
      now: this.#now,
      index: this.#index,
      ...(release ? { release } : {}),
    };
    return this.#writing(paths.directory, () => new FileJournal(options));
  }

  #redacted(playbook: StoredPlaybook): StoredPlaybook {
    return this.#redactor.redactValue(playbook) as StoredPlaybook;
  }

  #writing<T>(path: string, write: () => T): T {
    try {
      return write();
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  }

  /** A run that is not in the index has not begun: there is nothing to resume. */
  #announce(run: NewRun): void {
    try {
      this.#index(startLine(run, { redactor: this.#redactor, now: this.#now }));
    } catch (thrown) {
      if (!(thrown instanceof PgdbaError)) throw thrown;
      const { code, facts } = thrown;
      const hint = `nothing was done; look after the disk of ${this.#home}, then start it again`;
      throw new PgdbaError(code, { facts, hint, cause: thrown });
    }
  }

  readonly #index = (line: IndexLine): void => appendIndex(this.#indexPath, line);
}
