import { connectConsole, type PgBouncerConsole } from '../clients/pgbouncer.ts';
import type { Cluster, Service } from '../inventory/cluster.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import type { PoolerAct } from '../step/index.ts';
import type { Surroundings } from './surroundings.ts';

/** A pooler's two doors: its console, and the pool as an application sees it. */
export function poolerHandle(around: Surroundings, cluster: Cluster, pooler: Service): PoolerAct {
  return {
    name: pooler.name,
    host: pooler.host,
    port: pooler.port,
    target: () => around.provider.poolerTarget(cluster, pooler.name),
    pointAt: (address) => around.provider.pointPooler(cluster, pooler.name, address),
    async execute(statement, values = [], database = 'app') {
      const session = await around.sessions.pooled(cluster, pooler.name, database);
      await session.query(statement, values, { signal: around.signal });
    },
    show: (what) => withConsole(around, cluster, pooler, (console) => console.show(what)),
    command: (text) => withConsole(around, cluster, pooler, (console) => console.command(text)),
    async sql<Row>(statement: string, values: readonly unknown[] = [], database = 'app') {
      const session = await around.sessions.pooled(cluster, pooler.name, database);
      return session.readOnly(async (query) => (await query<Row>(statement, values)).rows, { signal: around.signal });
    },
  };
}

async function withConsole<T>(
  { provider, redactor, signal }: Surroundings,
  cluster: Cluster,
  pooler: Service,
  use: (console: PgBouncerConsole) => Promise<T>,
): Promise<T> {
  const reference = cluster.secrets['console'];
  const console = await connectConsole({
    ...(await provider.reach(cluster, pooler.name, { host: pooler.host, port: pooler.port })),
    user: 'pgdba',
    password: reference === undefined ? undefined : await resolveSecret(reference, redactor),
    application_name: 'pgdba',
    connectTimeoutMs: 5000,
    signal,
  });
  try {
    return await use(console);
  } finally {
    await console.close();
  }
}
