import { PgdbaError } from '../errors/pgdba-error.ts';
import { chooseCluster } from '../inventory/choose-cluster.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Json } from '../journal/record.ts';
import type { TargetKind } from '../playbook/playbook.ts';
import type { Target } from '../world/world.ts';

/** What the caller said about the target. */
export interface TargetOrder {
  readonly name: string | null;
  /** The name was written on the command line. */
  readonly named: boolean;
  /** The name comes from a saved plan: also a new cluster has it. */
  readonly planned?: boolean;
  readonly patroni_url: string | null;
  /** For a new cluster. */
  readonly provider: string;
}

export interface ResolvedTarget {
  /** null for a playbook with `target: none`. */
  readonly target: Target | null;
  /** null: not known yet, or none. */
  readonly cluster: Cluster | null;
  readonly named: boolean;
}

const clusterName = /^[a-z][a-z0-9-]{0,39}$/;
const newClusterDefault = 'demo';

/** Errors: CLUSTER_UNKNOWN, CLUSTER_NOT_NAMED, INPUT_INVALID (a name that cannot be), NOT_YET. */
export async function resolveTarget(
  kind: TargetKind,
  order: TargetOrder,
  inventory: Inventory,
): Promise<ResolvedTarget> {
  if (order.patroni_url !== null) notYet('--patroni-url', 'name a cluster that pgdba made with --name');
  switch (kind) {
    case 'none':
      return { target: null, cluster: null, named: false };
    case 'instance':
      return notYet('a playbook with target: instance', 'use target: cluster and --name');
    case 'cluster': {
      const { cluster, named } = chooseCluster(await inventory.list(), order);
      return { target: { name: cluster.name, provider: cluster.provider }, cluster, named };
    }
    case 'new-cluster': {
      const chosen = order.named || order.planned === true;
      const name = chosen && order.name !== null ? order.name : newClusterDefault;
      if (!clusterName.test(name)) {
        throw new PgdbaError('INPUT_INVALID', {
          facts: { input: 'name', problem: `"${name}" cannot be the name of a cluster` },
          hint: 'start with a small letter; then small letters, digits and dashes; at most 40',
        });
      }
      const cluster = await inventory.read(name);
      return { target: { name, provider: cluster?.provider ?? order.provider }, cluster, named: order.named };
    }
  }
}

/** The target as the journal keeps it and expressions see it. */
export function describeTarget({ target, cluster }: ResolvedTarget): Json {
  if (!target) return null;
  const place = ({ name, host, port }: { name: string; host: string; port: number }) => ({ name, host, port });
  return {
    name: target.name,
    provider: target.provider,
    cluster_id: cluster?.id ?? null,
    system_identifier: cluster?.system_identifier ?? null,
    members: cluster?.members.map(place) ?? [],
    poolers: cluster?.services.filter(({ kind }) => kind === 'pgbouncer').map(place) ?? [],
  };
}

function notYet(feature: string, hint: string): never {
  throw new PgdbaError('NOT_YET', { facts: { feature }, hint });
}
