import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { readChain } from './chain.ts';
import { composeRecord } from './compose-record.ts';
import type { GuardRecord } from './guard-journal.ts';
import { encodeLine } from './line.ts';
import { ownIdentity } from './process-identity.ts';
import type { AnyRecord, NewRecord } from './record.ts';
import {
  type DrivenSummary,
  endLine,
  headOf,
  type IndexLine,
  resolveRun,
  startLine,
  summaries,
  summaryOf,
  unknownRun,
} from './run-index.ts';
import type { Journal, JournalStore, NewRun, RunSummary } from './store.ts';

interface KeptRun {
  readonly lines: Buffer[];
  readonly playbook: { source: string; file: string };
}

/** Runs that leave no trace (read-only, `--check`): the same records in memory, gone with the process. */
export function memoryStore(options: { redactor: Redactor; now?: () => number }): JournalStore {
  return new MemoryStore(options);
}

class MemoryStore implements JournalStore {
  readonly #redactor: Redactor;
  readonly #now: () => number;
  readonly #runs = new Map<string, KeptRun>();
  readonly #index: IndexLine[] = [];

  constructor({ redactor, now = Date.now }: { redactor: Redactor; now?: () => number }) {
    this.#redactor = redactor;
    this.#now = now;
  }

  async create(run: NewRun): Promise<Journal> {
    if (this.#runs.has(run.id)) throw new PgdbaError('BUG', { facts: { problem: `run ${run.id} exists` } });
    this.#index.push(startLine(run, { redactor: this.#redactor, now: this.#now }));
    const playbook = { source: this.#redactor.redact(run.source), file: this.#redactor.redact(run.file) };
    this.#runs.set(run.id, { lines: [], playbook });
    return this.open(run.id);
  }

  async open(run: string): Promise<Journal> {
    return new MemoryJournal({
      run,
      lines: this.#kept(run).lines,
      records: this.#records(run),
      redactor: this.#redactor,
      now: this.#now,
      index: (line) => this.#index.push(line),
    });
  }

  async read(run: string): Promise<readonly AnyRecord[]> {
    return this.#records(run);
  }

  async verify(run: string): Promise<{ records: number; head: string; torn_bytes: number }> {
    const records = this.#records(run);
    return { records: records.length, head: headOf(records).hash, torn_bytes: 0 };
  }

  async playbook(run: string): Promise<{ source: string; file: string }> {
    return this.#kept(run).playbook;
  }

  /** A run in memory changes nothing, so it holds nothing that needs a guard. */
  async guards(): Promise<readonly GuardRecord[]> {
    return [];
  }

  async list({ limit, cluster }: { limit: number; cluster?: string }): Promise<readonly RunSummary[]> {
    const all = [...summaries(this.#index.toReversed(), () => true)];
    return all.filter((summary) => cluster === undefined || summary.cluster === cluster).slice(0, Math.max(0, limit));
  }

  async summary(run: string): Promise<DrivenSummary | null> {
    return summaryOf(this.#index.toReversed(), () => true, run);
  }

  async resolve(id: string): Promise<string> {
    return resolveRun(this.#index.toReversed(), id);
  }

  #records(run: string): AnyRecord[] {
    return [...readChain(Buffer.concat(this.#kept(run).lines), { file: `memory:${run}`, run }).records];
  }

  #kept(run: string): KeptRun {
    const kept = this.#runs.get(run);
    if (!kept) throw unknownRun(run);
    return kept;
  }
}

interface MemoryJournalOptions {
  readonly run: string;
  readonly lines: Buffer[];
  readonly records: AnyRecord[];
  readonly redactor: Redactor;
  readonly now: () => number;
  readonly index: (line: IndexLine) => void;
}

class MemoryJournal implements Journal {
  readonly run: string;
  readonly #options: MemoryJournalOptions;
  #open = true;

  constructor(options: MemoryJournalOptions) {
    this.run = options.run;
    this.#options = options;
  }

  get records(): readonly AnyRecord[] {
    return this.#options.records;
  }

  get head(): { seq: number; hash: string } {
    return headOf(this.records);
  }

  async append(record: NewRecord): Promise<AnyRecord> {
    if (!this.#open) throw new PgdbaError('BUG', { facts: { problem: `the journal of run ${this.run} is closed` } });
    const { lines, records, redactor, now, index } = this.#options;
    const body = composeRecord(record, { run: this.run, head: this.head, redactor, now });
    const { bytes, hash } = encodeLine(body);
    const written = { ...body, hash } as unknown as AnyRecord;
    lines.push(bytes);
    records.push(written);
    if (written.type === 'run.resumed') {
      index({ is: 'resumed', id: this.run, at: written.ts, process: ownIdentity() });
    }
    if (written.type === 'run.ended') index(endLine(written));
    return written;
  }

  log(): void {
    // Nobody could ever read it.
  }

  async directory(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    if (this.records.at(-1)?.type === 'run.ended') return;
    this.#options.index({ is: 'left', id: this.run, at: new Date(this.#options.now()).toISOString() });
  }
}
