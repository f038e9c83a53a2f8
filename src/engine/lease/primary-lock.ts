import { setTimeout as sleep } from 'node:timers/promises';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { LockAnswer, LockHolder, LockSession } from '../../world/lock-on-primary.ts';

/*
 * Lease files know one home. Against other homes and machines a run also keeps one session on the primary, with an
 * advisory lock for each key. It ends with the primary it is on, so it is taken again on the next one; without a primary
 * there is none, and files and fence must do.
 */

export interface PrimaryLockOrder {
  readonly run: string;
  /** By the operator's name. */
  readonly cluster: string;
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Asks the world once. */
  lock(signal: AbortSignal): Promise<LockAnswer>;
  /** Hears when the lock is not, or is again, where it should be. */
  note(sentence: string): void;
}

const busyPause = 1_000;
/** One try takes this long at most, in ms. */
const askWithin = 10_000;
/** While there is no primary, so long between two looks for one, in ms. */
const lookPause = 10_000;

export class PrimaryLock {
  readonly #order: PrimaryLockOrder;
  #session: LockSession | null = null;
  /** When no primary was found, on the clock of performance.now(). */
  #missedAt = Number.NEGATIVE_INFINITY;

  private constructor(order: PrimaryLockOrder) {
    this.#order = order;
  }

  /** Waits for another holder as long as the order says. Errors: LEASE_BUSY {cluster, run, host, since}, INTERRUPTED. */
  static async take(order: PrimaryLockOrder): Promise<PrimaryLock> {
    const lock = new PrimaryLock(order);
    const end = performance.now() + order.waitMs;
    for (;;) {
      const holder = await lock.#try(order.signal);
      if (order.signal.aborted) {
        await lock.release();
        throw new PgdbaError('INTERRUPTED', { hint: 'nothing was begun; run it again when you like' });
      }
      if (!holder) return lock;
      const left = end - performance.now();
      if (left <= 0) throw busy(order, holder);
      await sleep(Math.min(busyPause, left), undefined, { signal: order.signal }).catch(() => undefined);
    }
  }

  /**
   * Costs nothing while the session lives. One that broke is made anew on whoever is the primary now, except while
   * clients are held: they would wait for it. Errors: LEASE_LOST.
   */
  async assertHeld({ mayTake }: { readonly mayTake: boolean }): Promise<void> {
    if (this.#session?.alive || !mayTake) return;
    if (performance.now() - this.#missedAt < lookPause) return;
    const { run, cluster } = this.#order;
    const holder = await this.#try(new AbortController().signal);
    if (!holder) return;
    const problem = `run ${holder.run} does, by ${sessionOf(holder)}`;
    throw new PgdbaError('LEASE_LOST', {
      facts: { run, cluster, holder: holder.run, problem },
      hint: `look at the cluster: pgdba cluster status --name ${cluster}; when that run has ended: pgdba runs resume ${run}`,
    });
  }

  /** Gives the locks back; a second call does nothing. */
  async release(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  /** Answers who else holds it, if that is so. */
  async #try(signal: AbortSignal): Promise<LockHolder | null> {
    const before = this.#session;
    await this.release();
    const answer = await this.#order.lock(AbortSignal.any([signal, AbortSignal.timeout(askWithin)]));
    if (answer.is === 'busy') return answer.holder;
    if (answer.is === 'nowhere') {
      if (this.#missedAt === Number.NEGATIVE_INFINITY) this.#order.note(without(answer.why));
      this.#missedAt = performance.now();
      return null;
    }
    this.#session = answer.session;
    if (before || this.#missedAt !== Number.NEGATIVE_INFINITY) {
      this.#order.note(`the lock on the primary is held again, on ${answer.session.member}`);
    }
    this.#missedAt = Number.NEGATIVE_INFINITY;
    return null;
  }
}

function without(why: string): string {
  return `no lock on the primary (${why}): other homes and machines are not kept out, only refused by the fence`;
}

function busy({ cluster }: PrimaryLockOrder, holder: LockHolder): PgdbaError {
  const { run, address, since } = holder;
  return new PgdbaError('LEASE_BUSY', {
    facts: { cluster, run, pid: null, host: address, since, holder: sessionOf(holder) },
    hint: `it is known in another home: pgdba runs show ${run} there; or wait for it: --wait 5m`,
  });
}

function sessionOf({ address, member }: LockHolder): string {
  return `a session from ${address} on ${member}`;
}
