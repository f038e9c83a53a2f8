import { describe } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Provider } from '../providers/provider.ts';
import type { PoolerLook } from '../step/index.ts';

const patienceMs = 2000;

/**
 * Why the servers beside PostgreSQL keep the cluster from being healthy: applications come through the poolers, and
 * without etcd Patroni gives up the primary within its ttl. Empty when all is well.
 */
export async function serviceReasons(
  provider: Provider,
  cluster: Cluster,
  poolers: readonly PoolerLook[],
): Promise<string[]> {
  const { servers } = await provider.inspect(cluster);
  const down = servers.filter(({ kind, running }) => kind !== 'member' && !running).map(({ name }) => name);
  const silent = await Promise.all(
    poolers.filter(({ name }) => !down.includes(name)).map(async (pooler) => silence(pooler)),
  );
  return [...down.map((name) => `${name} does not run`), ...silent.flatMap((reason) => reason ?? [])];
}

async function silence(pooler: PoolerLook): Promise<string | null> {
  const answer = pooler.show('VERSION').then(
    () => null,
    (thrown: unknown) => `${pooler.name}: ${describe(thrown)}`,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`${pooler.name}: its console does not answer`), patienceMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
