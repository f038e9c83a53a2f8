import { bootId, isAlive } from '../../journal/process-identity.ts';
import type { LeaseContent } from './lease-file.ts';

/** Silent for so long (ms), a living holder may be passed over. It beats three times in this span. */
export const silenceLimit = 30_000;

export type HolderState = 'held' | 'silent' | 'dead' | 'stolen';

export interface Judgement {
  readonly state: HolderState;
  /** Why the lease may be taken from its holder; undefined when it may not. */
  readonly why: string | undefined;
}

export function judgeHolder(holder: LeaseContent, now: number): Judgement {
  const { stolen } = holder;
  if (stolen) return { state: 'stolen', why: `${stolen.by} took it away: ${stolen.reason}` };
  if (holder.boot_id !== bootId()) return { state: 'dead', why: 'its machine was started again since' };
  if (!isAlive(holder)) return { state: 'dead', why: 'its process is gone' };
  const silent = now - holder.beat;
  if (silent < silenceLimit) return { state: 'held', why: undefined };
  return { state: 'silent', why: `its process has been silent for ${Math.floor(silent / 1000)} s` };
}

/** Why a lease may be taken from its holder; undefined when it may not. */
export function whyFree(holder: LeaseContent, now: number): string | undefined {
  return judgeHolder(holder, now).why;
}

/**
 * Milliseconds on this boot's monotonic clock, the same in every process. Setting the wall clock does not move it, and
 * it stands still while the machine sleeps, so that a holder does not wake up as a silent one.
 */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
