import { setTimeout as delay } from 'node:timers/promises';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { formatDuration, parseDuration } from '../formats/duration.ts';
import type { Pending } from '../step/answers.ts';
import type { AnyStep } from '../step/define-step.ts';

/** How often and how long an unfinished look is repeated, in milliseconds. */
export interface SettleTimes {
  readonly every: number;
  readonly within: number;
}

/** An observer waits until its task's timeout; a verify 10 s, unless the step says otherwise. */
export function settleTimes(step: AnyStep, longest: number): SettleTimes {
  const own = step.settle;
  const within = own?.within ? parseDuration(own.within) : step.effect === 'none' ? longest : 10_000;
  return { every: own ? parseDuration(own.every) : 1000, within: Math.min(within, longest) };
}

/**
 * Looks until the answer is another than pending, and tells `onPending` why it waits.
 * Errors: WAIT_TIMEOUT when the time is over, and whatever the look throws.
 */
export async function settle<A extends { readonly is: string }>(
  look: () => Promise<A | Pending>,
  { every, within }: SettleTimes,
  signal: AbortSignal,
  onPending: (why: string) => void,
): Promise<A> {
  const began = performance.now();
  for (;;) {
    const answer = await look();
    if (!isPending(answer)) return answer;
    onPending(answer.why);
    const waited = performance.now() - began;
    if (waited + every > within) {
      throw new PgdbaError('WAIT_TIMEOUT', {
        facts: { waited: formatDuration(waited), why: answer.why },
        hint: 'find out what it waits for, then `pgdba runs resume` or run it again with a longer timeout',
      });
    }
    await delay(every, undefined, { signal });
  }
}

function isPending(answer: { readonly is: string }): answer is Pending {
  return answer.is === 'pending';
}
