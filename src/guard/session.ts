import { PgdbaError } from '../errors/pgdba-error.ts';

/** A connection made beforehand and kept for the moment it is needed; made anew when it broke. */
export class Session<C extends { close(): Promise<void> }> {
  readonly #connect: (signal: AbortSignal) => Promise<C>;
  readonly #patienceMs: number;
  #open: C | undefined;

  /** `patienceMs`: for one use, connecting included. A server that takes longer counts as one that does not answer. */
  constructor(connect: (signal: AbortSignal) => Promise<C>, patienceMs: number) {
    this.#connect = connect;
    this.#patienceMs = patienceMs;
  }

  /** One use at a time. Errors: those of the client; after any but SQL_FAILED the next use connects again. */
  async use<T>(work: (connection: C, signal: AbortSignal) => Promise<T>, stop?: AbortSignal): Promise<T> {
    const patience = AbortSignal.timeout(this.#patienceMs);
    const signal = stop ? AbortSignal.any([patience, stop]) : patience;
    try {
      this.#open ??= await this.#connect(signal);
      return await work(this.#open, signal);
    } catch (thrown) {
      if (!(thrown instanceof PgdbaError && thrown.code === 'SQL_FAILED')) this.close();
      throw thrown;
    }
  }

  /** Does not wait: a frozen server would never say goodbye. */
  close(): void {
    this.#open?.close().catch(() => undefined);
    this.#open = undefined;
  }
}
