import { ulid } from 'ulid';
import type { Cluster } from '../../src/inventory/cluster.ts';
import type { Provider } from '../../src/providers/provider.ts';

export interface Shape {
  readonly name?: string;
  readonly members?: number;
  readonly poolers?: number;
}

/** A record of a cluster that does not exist yet, with free ports; what init-cluster would put into the inventory. */
export async function clusterRecord(
  provider: Provider,
  { name = 'demo', members = 1, poolers = 1 }: Shape = {},
): Promise<Cluster> {
  const { pg_majors } = await provider.checkHost(null);
  const [newest] = pg_majors;
  if (newest === undefined) throw new Error('no PostgreSQL on this host: run scripts/install-system.mjs');
  const ports = await provider.freePorts(2 + 2 * members + poolers);
  const next = () => ports.pop() ?? 0;
  const host = '127.0.0.1';
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  return {
    id: ulid(),
    name,
    provider: provider.name,
    managed: true,
    protected: false,
    environment: null,
    labels: {},
    system_identifier: null,
    pg_major: newest,
    directory: (await provider.placeOf(name)).directory,
    members: numbers(members).map((n) => ({ name: `${name}-${n}`, host, port: next(), rest_port: next() })),
    services: [
      { name: 'etcd', kind: 'etcd', host, port: next(), peer_port: next() },
      ...numbers(poolers).map((n) => ({
        name: `pooler-${n}`,
        kind: 'pgbouncer' as const,
        host,
        port: next(),
        peer_port: null,
      })),
    ],
    secrets: {},
    created_at: new Date().toISOString(),
    created_by_run: ulid(),
  };
}
