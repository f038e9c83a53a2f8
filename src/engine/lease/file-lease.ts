import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { LeaseKey } from '../../playbook/playbook.ts';
import { tryGiveBack } from './claim.ts';
import { monotonicNow } from './judge-holder.ts';
import { type LeaseContent, readLease, rewriteLease } from './lease-file.ts';
import type { KeyPath } from './lease-paths.ts';

/** One key that is held: its file, and the descriptor through which it beats. */
export interface Held extends KeyPath {
  readonly fd: number;
  readonly content: LeaseContent;
}

/** How often a holder shows that it lives, in ms. */
const beatEvery = 10_000;

/** Another racer needs a few milliseconds to take a lease over. */
export const contendedPause = 5;
/** So long even a request that does not wait looks again, in ms. */
export const contendedPatience = 1_000;

/** The keys of one directory, kept alive until they are released. */
export class FileLease {
  readonly keys: readonly LeaseKey[];
  /** The highest token of its keys; 0 when there are none. */
  readonly token: number;
  readonly #of: { readonly run: string; readonly cluster: string };
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #held: readonly Held[];
  #released = false;

  constructor(of: { readonly run: string; readonly cluster: string }, held: readonly Held[], now: () => number) {
    this.keys = held.map(({ key }) => key);
    this.token = Math.max(0, ...held.map(({ content }) => content.token));
    this.#of = of;
    this.#now = now;
    this.#held = held;
    this.#timer = setInterval(() => this.#beat(), beatEvery).unref();
  }

  /** Reads the files again, and shows that we live. Errors: LEASE_LOST. */
  async assertHeld(): Promise<void> {
    if (this.#released) throw new PgdbaError('BUG', { facts: { problem: 'the lease was already released' } });
    for (const { path, content } of this.#held) {
      const inPlace = readLease(path);
      if (inPlace?.nonce !== content.nonce) throw this.#lost(inPlace);
    }
    this.#beat();
  }

  /** Removes what is still ours; a second call does nothing. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    this.#released = true;
    const held = this.#held;
    this.#held = [];
    await giveBack(held);
  }

  #beat(): void {
    const beat = this.#now();
    try {
      for (const { fd, content } of this.#held) rewriteLease(fd, { ...content, beat });
    } catch {
      // A beat that cannot be written is silence, which others judge by themselves.
    }
  }

  #lost(holder: LeaseContent | undefined): PgdbaError {
    const { run, cluster } = this.#of;
    const { stolen } = holder ?? {};
    const problem = stolen
      ? `${stolen.by} took it away: ${stolen.reason}`
      : holder
        ? `run ${holder.run} does`
        : 'nobody does';
    return new PgdbaError('LEASE_LOST', {
      facts: { run, cluster, holder: stolen ? 'nobody' : (holder?.run ?? 'nobody'), problem },
      hint: `see what was done meanwhile with: pgdba runs list; then go on with: pgdba runs resume ${run}`,
    });
  }
}

export async function giveBack(held: readonly Held[]): Promise<void> {
  for (const { path, fd, content } of held) {
    // Contended: somebody judged us silent. It replaces us within milliseconds, or sees that we are not and lets go.
    const until = monotonicNow() + contendedPatience;
    while (tryGiveBack(path, content) === 'contended' && monotonicNow() < until) await sleep(contendedPause);
    closeSync(fd);
  }
}
