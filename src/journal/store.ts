import type { GuardRecord } from './guard-journal.ts';
import type { AnyRecord, EndStatus, NewRecord } from './record.ts';

/** One run's journal, open for appending by its only driver. */
export interface Journal {
  readonly run: string;
  /** Every record so far, oldest first, blobs already put back in place. */
  readonly records: readonly AnyRecord[];
  /** seq and hash of the last record; hash is 64 zeros while there is none. */
  readonly head: { readonly seq: number; readonly hash: string };
  /** Writes one record; synced types are durable when it resolves. Redacted before it is serialised. */
  append(record: NewRecord): Promise<AnyRecord>;
  /** Free text of the run, not synced, redacted: progress and log lines of steps, output of child programs. */
  log(line: { task?: string; level: 'debug' | 'info' | 'warn'; message: string }): void;
  /** A directory of the run for its own files (`children`, `scratch`); null for a memory journal. */
  directory(name: 'children' | 'scratch'): Promise<string | null>;
  close(): Promise<void>;
}

/** What `runs list` shows; from the index alone. */
export interface RunSummary {
  readonly id: string;
  readonly playbook: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly status: EndStatus | 'running' | 'interrupted';
  readonly changed: boolean | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
}

export interface NewRun {
  readonly id: string;
  readonly playbook: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly actor: string;
  readonly reason: string | null;
  /** The playbook's text, kept beside the journal: a resume runs this, not the file on disk. */
  readonly source: string;
  /** Where the text came from, for messages. */
  readonly file: string;
}

/** All runs of one home. */
export interface JournalStore {
  /** Index line, directory, files; then the journal is open. */
  create(run: NewRun): Promise<Journal>;
  /** For driving on: verifies the chain, repairs a torn tail. Errors: RUN_UNKNOWN, RUN_ALIVE, JOURNAL_*. */
  open(run: string): Promise<Journal>;
  /** For looking: verifies, repairs nothing; `onTorn` hears how many bytes of a half-written last line were left out. */
  read(run: string, onTorn?: (bytes: number) => void): Promise<readonly AnyRecord[]>;
  /** Proof of the chain and of the head. Errors: JOURNAL_DAMAGED, JOURNAL_TRUNCATED, JOURNAL_TOO_NEW. */
  verify(run: string): Promise<{ records: number; head: string; torn_bytes: number }>;
  playbook(run: string): Promise<{ source: string; file: string }>;
  /** What the run's guards wrote: it is in the journal only after the next drive has copied it. */
  guards(run: string): Promise<readonly GuardRecord[]>;
  /** Newest first. */
  list(options: { limit: number; cluster?: string }): Promise<readonly RunSummary[]>;
  /** One run of the index; null when it is not in it. `pid`: of the process that drives it. */
  summary(run: string): Promise<(RunSummary & { readonly pid: number | null }) | null>;
  /** `last`, `last:CLUSTER`, or any unique part of an id, 4 or more characters. Errors: RUN_UNKNOWN, RUN_AMBIGUOUS. */
  resolve(id: string): Promise<string>;
}
