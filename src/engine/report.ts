import type { ErrorData } from '../errors/pgdba-error.ts';
import type { AnyRecord, Json, RunStatus } from '../journal/record.ts';

/** What a caller learns about a run. `id` is null for a read-only run, which is not in the index. */
export interface RunReport {
  readonly id: string | null;
  readonly playbook: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly status: RunStatus;
  readonly changed: boolean;
  readonly outputs: Json;
  /** What went wrong, when something did; its hint ends with the exact next command. */
  readonly error: ErrorData | null;
}

/** Watches a run from outside; must not throw and cannot change anything. */
export interface RunObserver {
  onRecord(record: AnyRecord): void;
  onProgress(progress: TaskProgress): void;
  /** A warning that is no part of the run: somebody could not be told. */
  readonly onNotice?: (sentence: string) => void;
}

/** Where a task stands between its records; never journaled. */
export interface TaskProgress {
  readonly task: string;
  readonly item: string | null;
  /** Plain words: `waiting: n2 is still copying`, `starting n1`. */
  readonly note: string;
  readonly done: number | null;
  readonly total: number | null;
  readonly unit: 'bytes' | 'items' | null;
}

/** Asks the person at the terminal. There is none when pgdba runs for cron, a pipe or an agent. */
export interface Prompt {
  /** y/N; Enter means no. `shown` is printed above the question: the plan or the blast radius. */
  yesNo(question: string, shown: readonly string[], signal: AbortSignal): Promise<boolean>;
  /** The person types `expected` to agree. */
  typed(question: string, expected: string, shown: readonly string[], signal: AbortSignal): Promise<boolean>;
}
