import type { GuardRecord } from './guard-journal.ts';
import type { AnyRecord, NewRecord, RunStatus, StoredText } from './record.ts';

/** One run's journal, open for appending by its only driver. */
export interface Journal {
  readonly run: string;
  /** Every record so far, oldest first, blobs already put back in place. */
  readonly records: readonly AnyRecord[];
  /** seq and hash of the last record; hash is 64 zeros while there is none. */
  readonly head: { readonly seq: number; readonly hash: string };
  /**
   * Writes one record; synced types are durable when it resolves. Redacted before it is serialised. Records appended in
   * one turn of the event loop may share a write and a sync; their order is that of the calls. `shared`: others are under
   * way and may append in the same turn, so it pays to wait for its end.
   * Errors: JOURNAL_WRITE_FAILED, BUG.
   */
  append(record: NewRecord, options?: { readonly shared: boolean }): Promise<AnyRecord>;
  /** Free text of the run, not synced, redacted: progress and log lines of steps, output of child programs. */
  log(line: { task?: string; level: 'debug' | 'info' | 'warn'; message: string }): void;
  /**
   * A directory of the run for its own files; null for a memory journal. `children`: its living programs; `scratch`:
   * files of its steps; `requests`: what other terminals ask of its driver; `sent`: notifications that went out.
   */
  directory(name: RunDirectory): Promise<string | null>;
  /** What is still to be written is written first. */
  close(): Promise<void>;
}

export type RunDirectory = 'children' | 'scratch' | 'requests' | 'sent';

/** What `runs list` shows; from the index alone. */
export interface RunSummary {
  readonly id: string;
  readonly playbook: string;
  readonly version: string;
  readonly cluster: string | null;
  /** never-began: its process died before its first record, so nothing was changed. */
  readonly status: RunStatus | 'running' | 'never-began';
  readonly changed: boolean | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  /** The run whose task started this one. */
  readonly parent: string | null;
}

/** Which runs are wanted, and how many at most. */
export interface ListOptions {
  readonly limit: number;
  readonly cluster?: string;
  readonly status?: RunSummary['status'];
  /** Runs that a task of another one started, too; default yes. */
  readonly children?: boolean;
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
  /** The playbooks of its child runs, and theirs: a resume runs these too. */
  readonly children?: readonly PlaybookText[];
  /** The run whose task started this one. */
  readonly parent?: string | null;
}

export interface PlaybookText {
  readonly file: string;
  readonly source: string;
}

/** The stored playbook of a run. */
export interface StoredPlaybook extends PlaybookText {
  readonly children: readonly PlaybookText[];
}

/** All runs of one home. */
export interface JournalStore {
  /** Index line, directory, files; then the journal is open. */
  create(run: NewRun): Promise<Journal>;
  /** For driving on: verifies the chain, repairs a torn tail. Errors: RUN_UNKNOWN, RUN_ALIVE, JOURNAL_*. */
  open(run: string): Promise<Journal>;
  /** For looking: verifies, repairs nothing; `onTorn` hears how many bytes of a half-written last line were left out. */
  read(run: string, onTorn?: (bytes: number) => void): Promise<readonly AnyRecord[]>;
  /** The same, one by one, for journals too long to hold; what is wrong at its end is thrown there. */
  scan(run: string): AsyncIterable<AnyRecord>;
  /** Every record so far, then each as it is written, until nobody drives the run any more or the signal aborts. */
  follow(run: string, signal: AbortSignal): AsyncIterable<AnyRecord>;
  /** Proof of the chain, the head and the playbook. Errors: JOURNAL_DAMAGED, JOURNAL_TRUNCATED, JOURNAL_TOO_NEW, PLAYBOOK_ALTERED. */
  verify(run: string): Promise<{ records: number; head: string; torn_bytes: number }>;
  /** Proved by the journal. Errors: RUN_UNKNOWN, PLAYBOOK_ALTERED, JOURNAL_*. */
  playbook(run: string): Promise<StoredPlaybook>;
  /** What lies there now, for the record that vouches for it from now on. */
  storedTexts(run: string): Promise<readonly StoredText[]>;
  /** Puts a newer version in its place; the old text stays beside it. Only for the driver of the run. */
  replacePlaybook(run: string, playbook: StoredPlaybook): Promise<void>;
  /** What the run's guards wrote: it is in the journal only after the next drive has copied it. */
  guards(run: string): Promise<readonly GuardRecord[]>;
  /** Newest first. */
  list(options: ListOptions): Promise<readonly RunSummary[]>;
  /** One run of the index; null when it is not in it. `pid`: of the process that drives it. */
  summary(run: string): Promise<(RunSummary & { readonly pid: number | null }) | null>;
  /** Bytes it takes. */
  size(run: string): Promise<number>;
  /** Removes an ended run for ever. Errors: RUN_UNKNOWN, RUN_OPEN. */
  remove(run: string): Promise<void>;
  /** `last`, `last:CLUSTER`, or any unique part of an id, 4 or more characters. Errors: RUN_UNKNOWN, RUN_AMBIGUOUS. */
  resolve(id: string): Promise<string>;
}
