import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLivingGuard } from '../../journal/guard-presence.ts';
import { isAlive } from '../../journal/process-identity.ts';
import { monotonicNow } from './judge-holder.ts';

/**
 * Waits until the guard that a run left behind has done its work and is gone, at most as long as that can take.
 * Answers how long that was, in ms.
 */
export async function awaitGuard(home: string, run: string, signal?: AbortSignal): Promise<number> {
  const start = monotonicNow();
  const guard = findLivingGuard(join(home, 'runs', run));
  if (!guard) return 0;
  while (isAlive(guard) && monotonicNow() - start < guard.ends_within_ms && !signal?.aborted) await sleep(lookEvery);
  return monotonicNow() - start;
}

const lookEvery = 50;
