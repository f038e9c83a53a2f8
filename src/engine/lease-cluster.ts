import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { Target } from '../world/world.ts';
import type { DriveContext, HeldLease } from './drive-context.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import { acquireLease, type Lease } from './lease/lease.ts';

/** The lease of one run on one cluster. */
export interface ClusterLease extends HeldLease {
  /** Journals how it was got. */
  record(context: DriveContext): Promise<void>;
  release(): Promise<void>;
}

/**
 * Holds the cluster under its name and, once known, under its system_identifier: a new cluster gets its identity in
 * the middle of a run, and one system may be known under two names. All or none.
 * Null for a run that changes nothing. Errors: LEASE_BUSY.
 */
export async function leaseCluster(
  { home }: EngineParts,
  subject: { run: string; playbook: Playbook; target: Target | null; cluster: Cluster | null },
  { waitMs, signal }: Attendance,
): Promise<ClusterLease | null> {
  const { run, playbook, target, cluster } = subject;
  if (playbook.risk === 'read-only' || target === null) return null;
  const identity = cluster?.system_identifier ?? null;
  const names = identity === null ? [target.name] : [identity, target.name];
  const stolen: { key: string; from: string; why: string }[] = [];
  const held: Lease[] = [];
  const deadline = performance.now() + waitMs;
  const release = async () => {
    for (const lease of held.reverse()) await lease.release();
  };
  try {
    for (const name of names.sort()) {
      const onSteal = (from: string, why: string, key: string) => stolen.push({ key: `${name}/${key}`, from, why });
      const { lease: keys } = playbook;
      const left = Math.max(0, deadline - performance.now());
      held.push(await acquireLease({ home, cluster: name, keys, run, waitMs: left, signal, onSteal }));
    }
  } catch (thrown) {
    await release();
    throw inWordsOfTheOperator(thrown, target.name);
  }
  const token = Math.max(...held.map((lease) => lease.token));
  return {
    async assertHeld() {
      for (const lease of held) await lease.assertHeld();
    },
    async record(context) {
      for (const { key, from, why } of stolen) {
        await context.append({ type: 'lease.stolen', data: { keys: [key], token, from, why } });
      }
      await context.append({ type: 'lease.acquired', data: { keys: [...playbook.lease], token } });
    },
    release,
  };
}

/** The operator named the cluster; that the lease goes by its identity as well is our business. */
function inWordsOfTheOperator(thrown: unknown, cluster: string): unknown {
  if (!(thrown instanceof PgdbaError) || thrown.code !== 'LEASE_BUSY') return thrown;
  return new PgdbaError('LEASE_BUSY', { facts: { ...thrown.facts, cluster }, hint: thrown.hint, cause: thrown });
}
