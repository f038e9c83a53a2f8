import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CancelRequest } from '../engine/cancel-request.ts';
import { requestsDirectory } from '../engine/cancel-request.ts';
import { watchCancelRequests } from '../engine/watch-requests.ts';
import { describe } from '../errors/pgdba-error.ts';
import type { AnyRecord } from '../journal/record.ts';

/** The run that this process drives, and the child runs of its tasks, as their records name them. */
export class AttendedRuns {
  readonly #home: string;
  readonly #onRequest: (request: CancelRequest) => void;
  readonly #ids = new Set<string>();
  #unwatch: (() => void) | null = null;

  constructor(home: string, onRequest: (request: CancelRequest) => void) {
    this.#home = home;
    this.#onRequest = onRequest;
  }

  /** Ids, the parent first. */
  get ids(): readonly string[] {
    return [...this.#ids];
  }

  /** From a run's first record on, other terminals can ask it to stop. Answers what went wrong with that, or null. */
  heard(record: AnyRecord): string | null {
    const first = this.#ids.size === 0;
    this.#ids.add(record.run);
    if (record.type === 'task.intent' && record.data.child !== undefined) this.#ids.add(record.data.child);
    const directory = requestsDirectory(this.#home, record.run);
    // A read-only run has no directory, and nobody could name it.
    if (!first || !existsSync(dirname(directory))) return null;
    try {
      this.#unwatch = watchCancelRequests(directory, this.#onRequest);
      return null;
    } catch (thrown) {
      return `\`pgdba runs cancel\` cannot reach this run: ${describe(thrown)}`;
    }
  }

  stop(): void {
    this.#unwatch?.();
  }
}
