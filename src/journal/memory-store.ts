import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { readChain } from './chain.ts';
import { draftRecord, placeRecord } from './compose-record.ts';
import type { GuardRecord } from './guard-journal.ts';
import { encodeLine } from './line.ts';
import {
  type DrivenSummary,
  listRuns,
  type RunFiles,
  requireEnded,
  resolveRun,
  summaryOf,
  unknownRun,
} from './list-runs.ts';
import { ownIdentity } from './process-identity.ts';
import { storedText } from './prove-playbook.ts';
import type { AnyRecord, NewRecord, StoredText } from './record.ts';
import { endLine, headOf, type IndexLine, leftLine, startLine } from './run-index.ts';
import type { Journal, JournalStore, ListOptions, NewRun, RunSummary, StoredPlaybook } from './store.ts';

interface KeptRun {
  readonly lines: Buffer[];
  playbook: StoredPlaybook;
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
  readonly #files: RunFiles = { exists: () => true, began: (id) => this.#kept(id).lines.length > 0 };

  constructor({ redactor, now = Date.now }: { redactor: Redactor; now?: () => number }) {
    this.#redactor = redactor;
    this.#now = now;
  }

  async create(run: NewRun): Promise<Journal> {
    if (this.#runs.has(run.id)) throw new PgdbaError('BUG', { facts: { problem: `run ${run.id} exists` } });
    this.#index.push(startLine(run, { redactor: this.#redactor, now: this.#now }));
    const { source, file, children = [] } = run;
    this.#runs.set(run.id, { lines: [], playbook: this.#redacted({ source, file, children }) });
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

  async *scan(run: string): AsyncGenerator<AnyRecord, void, void> {
    yield* this.#records(run);
  }

  /** Nobody but this process can drive it, so there is nothing to wait for. */
  follow(run: string): AsyncIterable<AnyRecord> {
    return this.scan(run);
  }

  async verify(run: string): Promise<{ records: number; head: string; torn_bytes: number }> {
    const records = this.#records(run);
    return { records: records.length, head: headOf(records).hash, torn_bytes: 0 };
  }

  async playbook(run: string): Promise<StoredPlaybook> {
    return this.#kept(run).playbook;
  }

  async storedTexts(run: string): Promise<readonly StoredText[]> {
    const { children, ...main } = this.#kept(run).playbook;
    return [main, ...children].map(storedText);
  }

  async replacePlaybook(run: string, playbook: StoredPlaybook): Promise<void> {
    this.#kept(run).playbook = this.#redacted(playbook);
  }

  /** A run in memory changes nothing, so it holds nothing that needs a guard. */
  async guards(): Promise<readonly GuardRecord[]> {
    return [];
  }

  async list(options: ListOptions): Promise<readonly RunSummary[]> {
    return listRuns(this.#index.toReversed(), this.#files, options);
  }

  async summary(run: string): Promise<DrivenSummary | null> {
    return summaryOf(this.#index.toReversed(), this.#files, run);
  }

  async size(run: string): Promise<number> {
    return this.#kept(run).lines.reduce((sum, line) => sum + line.length, 0);
  }

  async remove(run: string): Promise<void> {
    requireEnded(run, await this.summary(run));
    this.#index.push({ is: 'pruned', id: run, at: new Date(this.#now()).toISOString() });
    this.#runs.delete(run);
  }

  async resolve(id: string): Promise<string> {
    return resolveRun(this.#index.toReversed(), id);
  }

  #redacted(playbook: StoredPlaybook): StoredPlaybook {
    return this.#redactor.redactValue(playbook) as StoredPlaybook;
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
    const { lines, records, index } = this.#options;
    const body = placeRecord(draftRecord(record, this.#options), { run: this.run, head: this.head });
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
    this.#options.index(leftLine(this.run, this.records, new Date(this.#options.now()).toISOString()));
  }
}
