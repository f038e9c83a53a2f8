import { bootId, isAlive } from '../../journal/process-identity.ts';
import type { LeaseContent } from './lease-file.ts';

/** Silent for so long (ms), a living holder may be passed over. It beats three times in this span. */
export const silenceLimit = 30_000;

/** Why a lease may be taken from its holder; undefined when it may not. */
export function whyFree(holder: LeaseContent, now: number): string | undefined {
  if (holder.boot_id !== bootId()) return 'its machine was started again since';
  if (!isAlive(holder)) return 'its process is gone';
  const silent = now - holder.beat;
  if (silent >= silenceLimit) return `its process has been silent for ${Math.floor(silent / 1000)} s`;
  return undefined;
}

/**
 * Milliseconds on this boot's monotonic clock, the same in every process. Setting the wall clock does not move it, and
 * it stands still while the machine sleeps, so that a holder does not wake up as a silent one.
 */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
