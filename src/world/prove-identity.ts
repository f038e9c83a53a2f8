import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Provider } from '../providers/provider.ts';

/**
 * Compares the identity recorded for the cluster with what is there now: the control file of every member's data
 * directory, whether PostgreSQL runs or not. A member without data proves nothing and hinders nothing; a cluster that
 * never got an identity is known by its mark alone.
 * Errors: IDENTITY_MISMATCH.
 */
export async function proveIdentity(provider: Provider, cluster: Cluster): Promise<void> {
  const { system_identifier: expected } = cluster;
  if (expected === null) return;
  for (const { name } of cluster.members) {
    const found = (await provider.controlData(cluster, name))?.system_identifier;
    if (found === undefined || found === expected) continue;
    throw new PgdbaError('IDENTITY_MISMATCH', {
      facts: { where: `the data directory of ${name}`, cluster: cluster.name, found, expected },
      hint: 'somebody put another database there: find out whose it is, before anything is removed',
    });
  }
}
