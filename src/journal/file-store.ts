import { existsSync } from 'node:fs';
import { resolve as absolute, join } from 'node:path';
import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { restoreLarge } from './blobs.ts';
import { type Chain, damaged, emptyHead, type Head, readChain, requireHead } from './chain.ts';
import { FileJournal } from './file-journal.ts';
import { type GuardRecord, readGuardRecords } from './guard-journal.ts';
import { readHead } from './head-file.ts';
import { appendIndex, readIndex } from './index-file.ts';
import { readIfThere } from './private-file.ts';
import type { AnyRecord } from './record.ts';
import {
  createRunDirectory,
  ensureRunsDirectory,
  fillReserve,
  type RunPaths,
  readPlaybook,
  runPaths,
} from './run-directory.ts';
import {
  type DrivenSummary,
  endLine,
  headOf,
  type IndexLine,
  isRunId,
  type RunTrace,
  requireUndriven,
  resolveRun,
  startLine,
  summaries,
  summaryOf,
  traceRun,
  unknownRun,
} from './run-index.ts';
import type { Journal, JournalStore, NewRun, RunSummary } from './store.ts';
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

  constructor({ home, redactor, now = Date.now }: { home: string; redactor: Redactor; now?: () => number }) {
    this.#home = absolute(home);
    this.#redactor = redactor;
    this.#now = now;
    this.#indexPath = join(this.#home, 'runs', 'index.jsonl');
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
    this.#index(startLine(run, { redactor: this.#redactor, now: this.#now }));
    try {
      createRunDirectory(paths, { source: this.#redactor.redact(run.source), file: this.#redactor.redact(run.file) });
    } catch (thrown) {
      throw writeFailure(paths.directory, thrown);
    }
    return this.#journal(run.id, { paths, chain: readChain(Buffer.alloc(0), { file: paths.journal, run: run.id }) });
  }

  async open(run: string): Promise<Journal> {
    const { chain, trace, paths } = this.#load(run);
    requireUndriven(run, trace);
    if (!existsSync(paths.journal)) {
      throw unknownRun(run, 'it was interrupted before its first record: nothing was done; start it again');
    }
    try {
      fillReserve(paths.reserve);
    } catch (thrown) {
      throw writeFailure(paths.reserve, thrown);
    }
    const journal = this.#journal(run, { paths, chain });
    const last = journal.records.at(-1);
    // Killed between the record and the index line.
    if (last?.type === 'run.ended' && trace?.end?.head !== last.hash) this.#index(endLine(last));
    if (chain.tornBytes > 0) {
      await journal.append({ type: 'journal.repaired', data: { cut_bytes: chain.tornBytes, at: chain.length } });
    }
    return journal;
  }

  async read(run: string, onTorn?: (bytes: number) => void): Promise<readonly AnyRecord[]> {
    const { chain } = this.#load(run);
    if (chain.tornBytes > 0) onTorn?.(chain.tornBytes);
    return chain.records;
  }

  async verify(run: string): Promise<{ records: number; head: string; torn_bytes: number }> {
    const { chain } = this.#load(run);
    return { records: chain.records.length, head: headOf(chain.records).hash, torn_bytes: chain.tornBytes };
  }

  async playbook(run: string): Promise<{ source: string; file: string }> {
    const found = isRunId(run) ? this.#reading(() => readPlaybook(runPaths(this.#home, run).playbook)) : undefined;
    if (!found) throw unknownRun(run);
    return found;
  }

  async guards(run: string): Promise<readonly GuardRecord[]> {
    return isRunId(run) ? this.#reading(() => readGuardRecords(runPaths(this.#home, run).directory, run)) : [];
  }

  async list({ limit, cluster }: { limit: number; cluster?: string }): Promise<readonly RunSummary[]> {
    const found: RunSummary[] = [];
    if (limit <= 0) return found;
    return this.#reading(() => {
      for (const summary of summaries(readIndex(this.#indexPath), this.#exists)) {
        if (cluster !== undefined && summary.cluster !== cluster) continue;
        if (found.push(summary) === limit) break;
      }
      return found;
    });
  }

  async summary(run: string): Promise<DrivenSummary | null> {
    return this.#reading(() => summaryOf(readIndex(this.#indexPath), this.#exists, run));
  }

  async resolve(id: string): Promise<string> {
    if (this.#exists(id)) return id;
    return this.#reading(() => resolveRun(readIndex(this.#indexPath), id));
  }

  readonly #exists = (id: string): boolean => isRunId(id) && existsSync(runPaths(this.#home, id).directory);

  /** Reads and proves a journal. What proves it is read first: while a run goes on it may only be older. */
  #load(run: string): { chain: Chain; trace: RunTrace | undefined; paths: RunPaths } {
    if (!isRunId(run)) throw unknownRun(run);
    const paths = runPaths(this.#home, run);
    return this.#reading(() => {
      const trace = traceRun(readIndex(this.#indexPath), run);
      const head = readHead(paths.head);
      const bytes = readIfThere(paths.journal);
      if (!bytes && !trace) throw unknownRun(run);
      const chain = readChain(bytes ?? Buffer.alloc(0), { file: paths.journal, run });
      if (trace?.end) requireHead(chain, { seq: trace.end.seq, hash: trace.end.head }, paths.journal);
      requireHead(chain, head ?? headOfNone(chain, paths.head), paths.journal);
      const records = chain.records.map((record) => restoreLarge(record, paths.blobs));
      return { chain: { ...chain, records }, trace, paths };
    });
  }

  /** Reading that the system refuses is about the home, not about us. */
  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw thrown instanceof PgdbaError ? thrown : unusable(this.#home, thrown);
    }
  }

  #journal(run: string, { paths, chain }: { paths: RunPaths; chain: Chain }): Journal {
    const index = (line: IndexLine): void => this.#index(line);
    try {
      return new FileJournal({ run, paths, chain, redactor: this.#redactor, now: this.#now, index });
    } catch (thrown) {
      throw writeFailure(paths.directory, thrown);
    }
  }

  #index(line: IndexLine): void {
    appendIndex(this.#indexPath, line);
  }
}

/** A journal gets its head file before its first record. */
function headOfNone(chain: Chain, file: string): Head {
  if (chain.records.length > 0) throw damaged(file, 0, 'the file is missing');
  return emptyHead;
}

function unusable(home: string, thrown: unknown): PgdbaError {
  const code = systemCode(thrown);
  if (code === undefined) throw thrown;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') return writeFailure(home, thrown);
  return new PgdbaError('HOME_UNUSABLE', {
    facts: { home, problem: describe(thrown) },
    hint: 'give it to this user, or choose another with --home',
    cause: thrown,
  });
}
