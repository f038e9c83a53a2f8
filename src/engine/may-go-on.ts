import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import { neverBegan } from '../journal/list-runs.ts';
import type { EndStatus } from '../journal/record.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { EngineParts } from './engine-parts.ts';
import { isMap, type RunState } from './run-state.ts';
import type { Purpose } from './transition.ts';

/** Ends after which there still is something to do. A run that succeeded is not undone: others stand on it by now. */
const openEnds: Readonly<Record<Purpose, readonly EndStatus[]>> = {
  forward: ['failed', 'cancelled'],
  rollback: ['failed', 'cancelled', 'rollback-failed', 'partly-rolled-back'],
  close: ['failed'],
  abandon: ['failed'],
};

/** Errors: RUN_NEVER_BEGAN. */
export function refuseUnbegun(run: string, { driveBegan }: RunState): void {
  if (driveBegan === 0) throw neverBegan(run);
}

/** Errors: RUN_ENDED; PIVOT_PASSED for a rollback past the point of no return. */
export async function refuseEnded(
  { store }: EngineParts,
  run: string,
  { ended, pivot, rollback }: RunState,
  purpose: Purpose,
): Promise<void> {
  if (purpose === 'rollback' && pivot !== null && rollback === null) {
    throw new PgdbaError('PIVOT_PASSED', {
      facts: { run, task: pivot },
      hint: `forward only: pgdba runs resume ${run}`,
    });
  }
  if (ended === null || openEnds[purpose].includes(ended.status)) return;
  throw new PgdbaError('RUN_ENDED', {
    facts: { run, status: ended.status },
    hint: await whatElse(store, run, ended.status),
  });
}

async function whatElse(store: EngineParts['store'], run: string, status: EndStatus): Promise<string> {
  if (status === 'rollback-failed')
    return `try to undo it again: pgdba runs rollback ${run}; or end it by hand: pgdba lease ack ${run} --reason TEXT`;
  const open = (await store.list({ limit: 100 })).find((other) => other.status === 'interrupted' && other.id !== run);
  if (open) return `the one that is open is another: pgdba runs resume ${open.id}`;
  return `see what it did: pgdba runs show ${run}`;
}

/**
 * A run goes on only with the cluster it began with, and disruptive work only when nobody has worked on it since: an old
 * `stop` or `destroy` that is resumed after the cluster was started or made anew would surprise everybody.
 * Answers RUN_STALE, RUN_SUPERSEDED, or null: a run that changed nothing has not worked on it.
 */
export async function whyStale(
  { store }: EngineParts,
  run: string,
  { target }: RunState,
  playbook: Playbook,
  cluster: Cluster | null,
): Promise<PgdbaError | null> {
  const recorded = isMap(target) ? target : {};
  const name = String(recorded['name'] ?? '');
  const again = `pgdba run ${playbook.file.endsWith(`/playbooks/${playbook.name}.yaml`) ? playbook.name : playbook.file}`;
  const hint = `if it is still wanted, start it anew: ${again} --name ${name}; and end this one: pgdba runs cancel ${run}`;
  const known = [recorded['cluster_id'] ?? run, recorded['system_identifier'] ?? cluster?.system_identifier];
  if (cluster && (cluster.id !== known[0] || cluster.system_identifier !== known[1])) {
    const facts = { run, cluster: name, found: cluster.id, expected: String(known[0]) };
    return new PgdbaError('RUN_STALE', { facts, hint });
  }
  if (playbook.risk !== 'disruptive' && playbook.risk !== 'destructive') return null;
  const later = (await store.list({ limit: 20, cluster: name })).filter(
    ({ id, parent }) => id > run && parent === null,
  );
  const newest = later.find(({ changed }) => changed !== false);
  if (!newest) return null;
  const facts = { run, by: newest.id, playbook: newest.playbook, cluster: name };
  return new PgdbaError('RUN_SUPERSEDED', { facts, hint });
}

/** A run without a lease (target: none) is protected from two drivers by its process alone. Errors: RUN_ALIVE. */
export async function refuseAlive({ store }: EngineParts, run: string): Promise<void> {
  const found = await store.summary(run);
  if (found?.status !== 'running') return;
  throw new PgdbaError('RUN_ALIVE', { facts: { run, pid: found.pid ?? 0 }, hint: 'wait until it ends' });
}
