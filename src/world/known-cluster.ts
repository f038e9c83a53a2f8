import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Target } from './occasion.ts';

/** The cluster as the inventory knows it at this moment. Errors: CLUSTER_UNKNOWN; BUG without a target. */
export async function knownCluster(inventory: Inventory, target: Target | null): Promise<Cluster> {
  const { name } = target ?? noTarget();
  const cluster = await inventory.read(name);
  if (cluster) return cluster;
  throw new PgdbaError('CLUSTER_UNKNOWN', {
    facts: { cluster: name },
    hint: 'it was forgotten meanwhile; `pgdba cluster list` shows the known ones',
  });
}

export function noTarget(): never {
  throw new PgdbaError('BUG', { facts: { problem: 'a step asked for a cluster in a playbook with target: none' } });
}
