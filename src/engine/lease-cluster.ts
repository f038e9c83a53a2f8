import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import { unusable } from '../journal/run-reader.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { Target } from '../world/world.ts';
import type { DriveContext, HeldLease } from './drive-context.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import type { FileLease } from './lease/file-lease.ts';
import { acquireLease } from './lease/lease.ts';
import { type KeyPath, leasePaths } from './lease/lease-paths.ts';
import { PrimaryLock } from './lease/primary-lock.ts';
import { liftQuarantine, putInQuarantine } from './lease/quarantine.ts';

/** The lease of one run on one cluster. */
export interface ClusterLease extends HeldLease {
  /** Journals how it was got. */
  record(context: DriveContext): Promise<void>;
  release(): Promise<void>;
}

/** The run that wants a lease, and what it is about. */
export interface LeaseSubject {
  readonly run: string;
  readonly playbook: Playbook;
  readonly target: Target | null;
  readonly cluster: Cluster | null;
}

/**
 * Holds the cluster under its name and, once known, under its system_identifier: a new cluster gets its identity in
 * the middle of a run, and one system may be known under two names. All or none; after these files, the lock on the
 * primary, which other homes see. Null for a run that changes nothing. Errors: LEASE_BUSY, LEASE_QUARANTINED,
 * HOME_UNUSABLE, JOURNAL_WRITE_FAILED (the disk is full).
 */
export async function leaseCluster(
  parts: EngineParts,
  subject: LeaseSubject,
  attendance: Attendance,
): Promise<ClusterLease | null> {
  const { playbook, target, cluster } = subject;
  if (playbook.risk === 'read-only' || target === null) return null;
  const identity = cluster?.system_identifier ?? null;
  const names = identity === null ? [target.name] : [identity, target.name].sort();
  const lease = new RunLease(parts, subject, names);
  try {
    await lease.take(target, identity !== null, attendance);
    return lease;
  } catch (thrown) {
    await lease.release();
    throw inWordsOfTheOperator(thrown instanceof PgdbaError ? thrown : unusable(parts.home, thrown), target.name);
  }
}

class RunLease implements ClusterLease {
  readonly #parts: EngineParts;
  readonly #subject: LeaseSubject;
  readonly #names: readonly string[];
  readonly #files: FileLease[] = [];
  readonly #stolen: { key: string; from: string; why: string }[] = [];
  /** What is to be said in a journal that does not exist yet. */
  readonly #notes: string[] = [];
  #lock: PrimaryLock | null = null;
  #drive: DriveContext | null = null;
  #quarantined = false;
  #lost = false;

  constructor(parts: EngineParts, subject: LeaseSubject, names: readonly string[]) {
    this.#parts = parts;
    this.#subject = subject;
    this.#names = names;
  }

  async take(target: Target, onPrimary: boolean, { waitMs, signal }: Attendance): Promise<void> {
    const { home, world } = this.#parts;
    const { run, playbook } = this.#subject;
    const { lease: keys } = playbook;
    const deadline = performance.now() + waitMs;
    const left = () => Math.max(0, deadline - performance.now());
    for (const name of this.#names) {
      const onSteal = (from: string, why: string, key: string) =>
        this.#stolen.push({ key: `${name}/${key}`, from, why });
      this.#files.push(await acquireLease({ home, cluster: name, keys, run, waitMs: left(), signal, onSteal }));
    }
    if (!onPrimary || keys.length === 0) return;
    const passedOver = new Set(this.#stolen.map(({ from }) => from));
    this.#lock = await PrimaryLock.take({
      run,
      cluster: target.name,
      waitMs: left(),
      signal,
      lock: (until) => world.lockOnPrimary(target, { run, keys, passedOver }, until),
      note: (sentence) => this.#note(sentence),
    });
  }

  async assertHeld(): Promise<void> {
    const units = this.#drive?.state.units.values() ?? [];
    const clientsAreHeld = [...units].some(({ held }) => held);
    try {
      for (const lease of this.#files) await lease.assertHeld();
      await this.#lock?.assertHeld({ mayTake: !clientsAreHeld });
    } catch (thrown) {
      await this.#recordLoss(thrown);
      throw inWordsOfTheOperator(thrown, this.#subject.target?.name ?? '');
    }
  }

  async record(context: DriveContext): Promise<void> {
    this.#drive = context;
    for (const sentence of this.#notes) this.#note(sentence);
    const token = Math.max(...this.#files.map((lease) => lease.token));
    for (const from of new Set(this.#stolen.map((stolen) => stolen.from))) {
      const taken = this.#stolen.filter((stolen) => stolen.from === from);
      const why = [...new Set(taken.map((stolen) => stolen.why))].join('; ');
      await context.append({ type: 'lease.stolen', data: { keys: taken.map(({ key }) => key), token, from, why } });
    }
    await context.append({ type: 'lease.acquired', data: { keys: [...this.#subject.playbook.lease], token } });
  }

  async quarantine(why: string): Promise<void> {
    this.#quarantined = true;
    putInQuarantine(this.#paths(), { run: this.#subject.run, why, since: new Date().toISOString() });
  }

  async release(): Promise<void> {
    // What an earlier drive of this run left locked has been put right when the run ended in another way.
    const ended = this.#drive?.state.ended;
    if (ended && ended.status !== 'rollback-failed' && !this.#quarantined) {
      liftQuarantine(this.#paths(), this.#subject.run);
    }
    await this.#lock?.release();
    for (const lease of this.#files.splice(0).reverse()) await lease.release();
  }

  async #recordLoss(thrown: unknown): Promise<void> {
    if (this.#lost || !(thrown instanceof PgdbaError) || thrown.code !== 'LEASE_LOST') return;
    this.#lost = true;
    const data = { keys: [...this.#subject.playbook.lease], holder: String(thrown.facts['holder']) };
    await this.#drive?.append({ type: 'lease.lost', data });
  }

  #paths(): KeyPath[] {
    return this.#names.flatMap((name) => leasePaths(this.#parts.home, name, this.#subject.playbook.lease));
  }

  #note(message: string): void {
    if (this.#drive) this.#drive.parts.journal.log({ level: 'warn', message });
    else this.#notes.push(message);
  }
}

/** The operator named the cluster; that the lease goes by its identity as well is our business. */
function inWordsOfTheOperator(thrown: unknown, cluster: string): unknown {
  if (!(thrown instanceof PgdbaError) || !('cluster' in thrown.facts)) return thrown;
  return new PgdbaError(thrown.code, { facts: { ...thrown.facts, cluster }, hint: thrown.hint, cause: thrown });
}
