import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import type { Cluster } from './cluster.ts';

export interface ClusterChoice {
  readonly cluster: Cluster;
  /** True only when the caller wrote the name on the command line: destructive work asks for that. */
  readonly named: boolean;
}

/**
 * The cluster a command means: the one named, else the only one known.
 * Errors: CLUSTER_UNKNOWN, CLUSTER_NOT_NAMED with the names.
 */
export function chooseCluster(
  known: readonly Cluster[],
  wanted: { readonly name: string | null; readonly named: boolean },
): ClusterChoice {
  const names = known.map((cluster) => cluster.name);
  if (wanted.name !== null) {
    const cluster = known.find((candidate) => candidate.name === wanted.name);
    if (cluster) return { cluster, named: wanted.named };
    const near = closest(wanted.name, names);
    throw new PgdbaError('CLUSTER_UNKNOWN', {
      facts: { cluster: wanted.name, known: names },
      hint: near ? `did you mean ${near}?` : '`pgdba cluster list` shows the known ones',
    });
  }
  const [only] = known;
  if (only && known.length === 1) return { cluster: only, named: false };
  throw new PgdbaError('CLUSTER_NOT_NAMED', {
    facts: { clusters: names.length > 0 ? names : 'none is known yet' },
    hint: names.length > 0 ? `add --name ${names[0]}` : 'make one: pgdba cluster init --provider local --name demo',
  });
}
