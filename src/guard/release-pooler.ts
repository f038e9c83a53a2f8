import { setTimeout as sleep } from 'node:timers/promises';
import type { PgBouncerConsole } from '../clients/pgbouncer.ts';
import type { QueryOptions } from '../clients/postgres.ts';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import type { Login } from '../formats/guard-talk.ts';
import { pointTarget } from './point-target.ts';
import type { PoolerPost } from './posts.ts';

export interface ReleasedPooler {
  readonly name: string;
  /** Clients flow again. */
  readonly resumed: boolean;
  readonly pointed: boolean;
  /** What did not go as it should; the last refusal when it is not resumed. */
  readonly problems: readonly string[];
}

/**
 * Points one pooler at the primary, if there is one, and lets its clients go on. Repeats until the pooler answers or
 * `withinMs` have passed. Never throws.
 */
export async function releasePooler(
  post: PoolerPost,
  primary: Login | null,
  withinMs: number,
): Promise<ReleasedPooler> {
  const { name, target } = post.pooler;
  const until = performance.now() + withinMs;
  const pointing = primary ? await Promise.race([pointTarget(target, primary).catch(describe), tooLong()]) : undefined;
  const pointed = primary !== null && pointing === undefined;
  // A pooler that leads to the wrong place answers its clients with errors; a paused one does not answer at all.
  const problems = pointing === undefined ? [] : [`its target was not replaced: ${pointing}`];
  for (;;) {
    try {
      const refusal = await post.console.use((console, signal) => letFlow(console, { signal }));
      return { name, resumed: true, pointed, problems: refusal === undefined ? problems : [...problems, refusal] };
    } catch (thrown) {
      if (performance.now() >= until) {
        return { name, resumed: false, pointed, problems: [...problems, describe(thrown)] };
      }
      await sleep(retryEvery);
    }
  }
}

/** RESUME; of a pooler that is not paused it is no error. */
export async function resume(console: PgBouncerConsole, options: QueryOptions): Promise<void> {
  try {
    await console.command('RESUME', options);
  } catch (thrown) {
    // PgBouncer says 08P01 for every refusal, so its words must tell them apart; they are never translated.
    const refused = thrown instanceof PgdbaError && thrown.code === 'SQL_FAILED';
    if (!refused || !/not paused/i.test(String(thrown.facts['problem']))) throw thrown;
  }
}

const retryEvery = 100;
const pointPatienceMs = 3_000;

/** A disk that hangs must not keep clients waiting with it. */
async function tooLong(): Promise<string> {
  await sleep(pointPatienceMs, undefined, { ref: false });
  return `writing it took longer than ${pointPatienceMs / 1000} s`;
}

/** RELOAD while still paused, so that no client meets the old target; refused, it must not stand in the way of RESUME. */
async function letFlow(console: PgBouncerConsole, options: QueryOptions): Promise<string | undefined> {
  const refusal = await console.reload(options).catch((thrown: unknown) => {
    if (thrown instanceof PgdbaError && thrown.code === 'SQL_FAILED') return describe(thrown);
    throw thrown;
  });
  await resume(console, options);
  return refusal ?? undefined;
}
