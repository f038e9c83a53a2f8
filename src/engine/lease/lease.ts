import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import { privateDirectory } from '../../journal/private-file.ts';
import { ownIdentity } from '../../journal/process-identity.ts';
import { awaitGuard } from './await-guard.ts';
import { tryGiveBack, tryTake } from './claim.ts';
import { monotonicNow, whyFree } from './judge-holder.ts';
import { type LeaseContent, readLease, rewriteLease } from './lease-file.ts';

export type LeaseKey = 'topology' | 'backup';

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

export interface Lease {
  readonly keys: readonly LeaseKey[];
  /** The highest token of its keys; 0 when there are none. */
  readonly token: number;
  /** Reads the files again, and shows that we live. Errors: LEASE_LOST. */
  assertHeld(): Promise<void>;
  /** Removes what is still ours; a second call does nothing. */
  release(): Promise<void>;
}

/**
 * Takes all keys of a cluster or none, and keeps them alive until they are released. The guard that a dead holder left
 * behind is waited for, whatever `waitMs` says.
 * Errors: LEASE_BUSY {cluster, run, pid, host, since}, LEASE_DAMAGED, INTERRUPTED (the signal).
 */
export async function acquireLease(request: LeaseRequest): Promise<Lease> {
  const { waitMs = 0, signal, onSteal, now = monotonicNow } = request;
  const paths = leasePaths(request);
  const stolen: Stolen[] = [];
  const guarded = new Set<string>();
  let start = monotonicNow();
  for (;;) {
    // What a dead run held is being put right: even a request that does not wait for the living waits for that.
    start += await awaitGuards(request, paths, guarded, now);
    if (signal?.aborted) throw new PgdbaError('INTERRUPTED');
    const outcome = await takeAll(request, paths, stolen, now);
    if (Array.isArray(outcome)) {
      for (const { from, why, key } of stolen) onSteal?.(from, why, key);
      return new HeldLease(request, outcome, now);
    }
    const waited = monotonicNow() - start;
    const patience = outcome.is === 'contended' ? Math.max(waitMs, contendedPatience) : waitMs;
    if (waited >= patience) throw busy(request.cluster, outcome.holder);
    const pause = outcome.is === 'contended' ? contendedPause : Math.min(busyPause, patience - waited);
    await sleep(pause, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** How often a holder shows that it lives, in ms. */
const beatEvery = 10_000;
const busyPause = 250;
const contendedPause = 5;
/** A racer needs a few milliseconds to take a lease over: so long even a request that does not wait looks again. */
const contendedPatience = 1_000;

interface Held {
  readonly key: LeaseKey;
  readonly path: string;
  readonly fd: number;
  readonly content: LeaseContent;
}

interface Stolen {
  readonly from: string;
  readonly why: string;
  readonly key: LeaseKey;
}

interface NotNow {
  readonly is: 'busy' | 'contended';
  readonly holder: LeaseContent | undefined;
}

type KeyPaths = readonly { readonly key: LeaseKey; readonly path: string }[];

class HeldLease implements Lease {
  readonly keys: readonly LeaseKey[];
  readonly token: number;
  readonly #request: LeaseRequest;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #held: readonly Held[];
  #released = false;

  constructor(request: LeaseRequest, held: readonly Held[], now: () => number) {
    this.keys = held.map(({ key }) => key);
    this.token = Math.max(0, ...held.map(({ content }) => content.token));
    this.#request = request;
    this.#now = now;
    this.#held = held;
    this.#timer = setInterval(() => this.#beat(), beatEvery).unref();
  }

  async assertHeld(): Promise<void> {
    if (this.#released) throw new PgdbaError('BUG', { facts: { problem: 'the lease was already released' } });
    for (const { path, content } of this.#held) {
      const inPlace = readLease(path);
      if (inPlace?.nonce !== content.nonce) throw this.#lost(inPlace);
    }
    this.#beat();
  }

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
    const { run, cluster } = this.#request;
    return new PgdbaError('LEASE_LOST', {
      facts: { run, cluster, holder: holder?.run ?? 'none' },
      hint: `see what took it with: pgdba runs list; then go on with: pgdba runs resume ${run}`,
    });
  }
}

/** Once for each dead holder; answers how long it took, in ms. */
async function awaitGuards(
  { home, signal }: LeaseRequest,
  paths: KeyPaths,
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
  { run }: LeaseRequest,
  paths: KeyPaths,
  stolen: Stolen[],
  now: () => number,
): Promise<Held[] | NotNow> {
  // Before anything is taken, or a request that waits for one key would keep disturbing the holders of another.
  for (const { path } of paths) {
    const holder = readLease(path);
    if (holder && whyFree(holder, now()) === undefined) return { is: 'busy', holder };
  }
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
    return held;
  } catch (thrown) {
    await giveBack(held);
    throw thrown;
  }
}

async function giveBack(held: readonly Held[]): Promise<void> {
  for (const { path, fd, content } of held) {
    // Contended: somebody judged us silent. It replaces us within milliseconds, or sees that we are not and lets go.
    const until = monotonicNow() + contendedPatience;
    while (tryGiveBack(path, content) === 'contended' && monotonicNow() < until) await sleep(contendedPause);
    closeSync(fd);
  }
}

function newContent(run: string, token: number, beat: number): LeaseContent {
  return { beat, token, run, host: hostname(), since: new Date().toISOString(), nonce: randomUUID(), ...ownIdentity() };
}

function leasePaths({ home, cluster, keys }: LeaseRequest): KeyPaths {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(cluster)) {
    throw new PgdbaError('BUG', { facts: { problem: `"${cluster}" cannot be the name of a lease` } });
  }
  const directory = join(home, 'leases', cluster);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  privateDirectory(join(home, 'leases'));
  privateDirectory(directory);
  return [...new Set(keys)].sort().map((key) => ({ key, path: join(directory, key) }));
}

function busy(cluster: string, holder: LeaseContent | undefined): PgdbaError {
  const { run = 'unknown', pid = null, host = 'unknown host', since = null } = holder ?? {};
  return new PgdbaError('LEASE_BUSY', {
    facts: { cluster, run, pid, host, since },
    hint: `see what it does with: pgdba runs show ${run}; or wait for it with: --wait 5m`,
  });
}
