import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import { tryTakeFrom } from './claim.ts';
import { judgeHolder, monotonicNow } from './judge-holder.ts';
import { type LeaseContent, readLease } from './lease-file.ts';
import type { KeyPath } from './lease-paths.ts';
import { refuseQuarantined } from './quarantine.ts';

export interface Theft {
  /** The operator's name of the cluster, for messages. */
  readonly cluster: string;
  readonly paths: readonly KeyPath[];
  readonly by: string;
  readonly reason: string;
  /** Milliseconds on the monotonic clock of this boot. */
  readonly now?: () => number;
}

export interface Stolen {
  readonly key: string;
  readonly run: string;
  readonly token: number;
  readonly why: string;
}

/**
 * Takes a cluster away from holders that are dead, or alive but silent for 30 s: their next step is refused, and whoever
 * takes the lease next journals from whom and why. All keys are judged before any is taken.
 * Errors: LEASE_BUSY (the holder lives and works, or wakes up at this moment), LEASE_QUARANTINED.
 */
export function stealLease({ cluster, paths, by, reason, now = monotonicNow }: Theft): Stolen[] {
  refuseQuarantined(cluster, paths, null);
  const judged = paths.flatMap(({ key, path }) => {
    const holder = readLease(path);
    if (!holder) return [];
    const { state, why } = judgeHolder(holder, now());
    if (why === undefined) throw alive(cluster, holder);
    return state === 'stolen' ? [] : [{ key, path, holder, why }];
  });
  return judged.map(({ key, path, holder, why }) => {
    // It goes on naming the robbed holder: the next taker journals that run, and waits for the guard it left behind.
    const draft = (token: number): LeaseContent => ({
      ...holder,
      token,
      nonce: randomUUID(),
      stolen: { by, reason },
    });
    const attempt = tryTakeFrom(path, { holder, why }, draft, now);
    if (attempt.is !== 'taken') throw alive(cluster, readLease(path) ?? holder);
    closeSync(attempt.fd);
    return { key, run: holder.run, token: attempt.content.token, why };
  });
}

function alive(cluster: string, { run, pid, host, since }: LeaseContent): PgdbaError {
  return new PgdbaError('LEASE_BUSY', {
    facts: { cluster, run, pid, host, since, holder: `pid ${pid} on ${host}, alive` },
    hint: `end it instead: pgdba runs cancel ${run}`,
  });
}
