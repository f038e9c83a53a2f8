import { consoleOn } from '../clients/pgbouncer.ts';
import type { Cluster, Service } from '../inventory/cluster.ts';
import type { PoolerAct } from '../step/index.ts';
import type { Surroundings } from './surroundings.ts';

/** A pooler's two doors: its console, and the pool as an application sees it. */
export function poolerHandle(
  { provider, sessions, signal }: Surroundings,
  cluster: Cluster,
  pooler: Service,
): PoolerAct {
  const console = async () => consoleOn(await sessions.console(cluster, pooler));
  return {
    name: pooler.name,
    host: pooler.host,
    port: pooler.port,
    target: () => provider.poolerTarget(cluster, pooler.name),
    pointAt: (address) => provider.pointPooler(cluster, pooler.name, address),
    async execute(statement, values = [], database = 'app') {
      const session = await sessions.pooled(cluster, pooler.name, database);
      await session.query(statement, values, { signal, ends: true });
    },
    async show(what) {
      return (await console()).show(what, { signal });
    },
    async command(text, options) {
      const until = options?.signal ? AbortSignal.any([signal, options.signal]) : signal;
      await (await console()).command(text, { signal: until });
    },
    async sql<Row>(statement: string, values: readonly unknown[] = [], database = 'app') {
      const session = await sessions.pooled(cluster, pooler.name, database);
      return session.readOnly(async (query) => (await query<Row>(statement, values)).rows, { signal });
    },
  };
}
