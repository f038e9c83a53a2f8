import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardBrief } from '../formats/guard-talk.ts';
import { findPrimary } from './find-primary.ts';
import type { PoolerPost, Posts } from './posts.ts';
import { type ReleasedPooler, releasePooler, resume } from './release-pooler.ts';

/** Poolers that were done with at the same time. */
export interface Round {
  readonly pointed_at: string | null;
  readonly poolers: readonly ReleasedPooler[];
  readonly ms: number;
}

/**
 * Ends the hold: finds the primary, then releases every pooler on its own. `tell` hears of those that were quick, and
 * then once more of those that were not. A primary that is not found in time leaves the poolers leading where they did.
 */
export async function release(
  { poolers, members }: Posts,
  { within_ms }: Pick<GuardBrief, 'within_ms'>,
  tell: (round: Round) => void,
): Promise<void> {
  const begun = performance.now();
  const primary = await findPrimary(members, within_ms);
  const done = new Map<PoolerPost, ReleasedPooler>();
  const tellNew = () => {
    const round = poolers.flatMap((post) => done.get(post) ?? []);
    done.clear();
    if (round.length === 0) return;
    const pointed_at = round.some(({ pointed }) => pointed) ? (primary?.name ?? null) : null;
    tell({ pointed_at, poolers: round, ms: Math.round(performance.now() - begun) });
  };
  const all = poolers.map(async (post) => {
    done.set(post, await releasePooler(post, primary, poolerPatienceMs));
  });
  const together = Promise.all(all);
  await Promise.race([together, Promise.race(all).then(() => sleep(stragglerMs))]);
  tellNew();
  await together;
  tellNew();
  await sleep(lateOrderMs);
  await Promise.allSettled(poolers.map(({ console }) => console.use((open, signal) => resume(open, { signal }))));
}

/** The longest that `release` can take, in ms. */
export function longestRelease({ within_ms }: Pick<GuardBrief, 'within_ms'>): number {
  return within_ms + poolerPatienceMs + 10_000;
}

/** How long a pooler that does not answer is tried: paused clients of one that thaws must not wait for an operator. */
const poolerPatienceMs = 60_000;
/** A pooler that takes so much longer than the first one is told of later. */
const stragglerMs = 500;
/** A PAUSE that pgdba sent with its last breath may still be on its way: longer than a lost packet is sent again. */
const lateOrderMs = 300;
