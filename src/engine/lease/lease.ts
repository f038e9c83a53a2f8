import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import { ownIdentity } from '../../journal/process-identity.ts';
import type { LeaseKey } from '../../playbook/playbook.ts';
import { awaitGuard } from './await-guard.ts';
import { tryTake } from './claim.ts';
import { contendedPatience, contendedPause, FileLease, giveBack, type Held } from './file-lease.ts';
import { monotonicNow, whyFree } from './judge-holder.ts';
import { type LeaseContent, readLease } from './lease-file.ts';
import { type KeyPath, leasePaths } from './lease-paths.ts';
import { refuseQuarantined } from './quarantine.ts';

export interface LeaseRequest {
  readonly home: string;
  /** The system identifier once it is known, else the name: one path segment. */
  readonly cluster: string;
  readonly keys: readonly LeaseKey[];
  readonly run: string;
  /** How long to wait for a living holder, in ms; without it, not at all. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** Hears of every holder that was passed over: its run, why, and the key. Called before the lease is returned. */
  readonly onSteal?: (from: string, why: string, key: LeaseKey) => void;
  /** Milliseconds on the monotonic clock of this boot. */
  readonly now?: () => number;
}

/**
 * Takes all keys of a cluster or none, and keeps them alive until they are released. The guard that a dead holder left
 * behind is waited for, whatever `waitMs` says; a quarantine is not: it waits for a person.
 * Errors: LEASE_BUSY {cluster, run, pid, host, since}, LEASE_QUARANTINED, LEASE_DAMAGED, INTERRUPTED (the signal).
 */
export async function acquireLease(request: LeaseRequest): Promise<FileLease> {
  const { home, cluster, keys, waitMs = 0, signal, onSteal, now = monotonicNow } = request;
  const paths = leasePaths(home, cluster, keys);
  const stolen: Stolen[] = [];
  const guarded = new Set<string>();
  let start = monotonicNow();
  for (;;) {
    // What a dead run held is being put right: even a request that does not wait for the living waits for that.
    start += await awaitGuards(request, paths, guarded, now);
    if (signal?.aborted) throw new PgdbaError('INTERRUPTED', { hint: 'nothing was begun; run it again when you like' });
    const outcome = await takeAll(request, paths, stolen, now);
    if (Array.isArray(outcome)) {
      for (const { from, why, key } of stolen) onSteal?.(from, why, key);
      return new FileLease(request, outcome, now);
    }
    const waited = monotonicNow() - start;
    const patience = outcome.is === 'contended' ? Math.max(waitMs, contendedPatience) : waitMs;
    if (waited >= patience) throw busy(cluster, outcome.holder);
    const pause = outcome.is === 'contended' ? contendedPause : Math.min(busyPause, patience - waited);
    await sleep(pause, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

const busyPause = 250;

interface Stolen {
  readonly from: string;
  readonly why: string;
  readonly key: LeaseKey;
}

interface NotNow {
  readonly is: 'busy' | 'contended';
  readonly holder: LeaseContent | undefined;
}

/** Once for each dead holder; answers how long it took, in ms. */
async function awaitGuards(
  { home, signal }: LeaseRequest,
  paths: readonly KeyPath[],
  known: Set<string>,
  now: () => number,
): Promise<number> {
  let waited = 0;
  for (const { path } of paths) {
    const holder = readLease(path);
    if (!holder || known.has(holder.nonce) || whyFree(holder, now()) === undefined) continue;
    known.add(holder.nonce);
    waited += await awaitGuard(home, holder.run, signal);
  }
  return waited;
}

/** One try at all keys, in their order, so that two requests cannot wait for each other. */
async function takeAll(
  { run, cluster }: LeaseRequest,
  paths: readonly KeyPath[],
  stolen: Stolen[],
  now: () => number,
): Promise<Held[] | NotNow> {
  // Before anything is taken, or a request that waits for one key would keep disturbing the holders of another.
  for (const { path } of paths) {
    const holder = readLease(path);
    if (holder && whyFree(holder, now()) === undefined) return { is: 'busy', holder };
  }
  refuseQuarantined(cluster, paths, run);
  const held: Held[] = [];
  try {
    for (const { key, path } of paths) {
      const attempt = tryTake(path, (token) => newContent(run, token, now()), now);
      if (attempt.is !== 'taken') {
        await giveBack(held);
        return attempt;
      }
      held.push({ key, path, fd: attempt.fd, content: attempt.content });
      if (attempt.from) stolen.push({ from: attempt.from.run, why: attempt.why, key });
    }
    // Again: the last holder may have left one since.
    refuseQuarantined(cluster, paths, run);
    return held;
  } catch (thrown) {
    await giveBack(held);
    throw thrown;
  }
}

function newContent(run: string, token: number, beat: number): LeaseContent {
  return { beat, token, run, host: hostname(), since: new Date().toISOString(), nonce: randomUUID(), ...ownIdentity() };
}

function busy(cluster: string, holder: LeaseContent | undefined): PgdbaError {
  const { run = 'unknown', pid = null, host = 'unknown host', since = null } = holder ?? {};
  return new PgdbaError('LEASE_BUSY', {
    facts: { cluster, run, pid, host, since, holder: `pid ${pid ?? 'unknown'} on ${host}` },
    hint: `see what it does with: pgdba runs show ${run}; or wait for it with: --wait 5m`,
  });
}
