import { readFile } from 'node:fs/promises';
import { type ConnectOptions, connect, type PostgresConnection } from '../../src/clients/postgres.ts';
import type { Cluster, ClusterSecret, Member } from '../../src/inventory/cluster.ts';
import { localProvider } from '../../src/providers/local/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { clusterRecord, type Shape } from './cluster-record.ts';
import { scratchHome } from './scratch-home.ts';

/** A cluster of its own on this machine; everything of it is gone after `remove`. */
export interface World {
  readonly home: string;
  readonly provider: Provider;
  readonly cluster: Cluster;
  remove(): Promise<void>;
}

/** The record and its place; no server runs yet. */
export async function localWorld(shape?: Shape): Promise<World> {
  const home = await scratchHome();
  const provider = localProvider({ home: home.path });
  const record = await clusterRecord(provider, shape);
  const cluster = { ...record, secrets: await provider.ensurePlace(record) };
  const remove = async () => {
    await removeCluster(provider, cluster);
    await home.remove();
  };
  return { home: home.path, provider, cluster, remove };
}

/** Starts what does not run. */
export async function startAll({ provider, cluster }: World): Promise<void> {
  const { signal } = new AbortController();
  const stores = cluster.services.filter(({ kind }) => kind === 'etcd');
  const others = cluster.services.filter(({ kind }) => kind !== 'etcd');
  for (const { name } of stores) await provider.ensureService(cluster, name, signal);
  await Promise.all([
    ...cluster.members.map(({ name }) => provider.ensureMember(cluster, name, signal)),
    ...others.map(({ name }) => provider.ensureService(cluster, name, signal)),
  ]);
}

/** Kills before it removes: nobody misses the data. */
export async function removeCluster(provider: Provider, cluster: Cluster): Promise<void> {
  const { signal } = new AbortController();
  if ((await provider.inspect(cluster)).place.mark !== cluster.id) return;
  for (const { name } of [...cluster.members, ...cluster.services]) await provider.kill(cluster, name);
  for (const { name } of cluster.members) await provider.removeMember(cluster, name, signal);
  for (const { name } of cluster.services) await provider.removeService(cluster, name, signal);
  await provider.removePlace(cluster);
}

export async function secretOf({ cluster }: Pick<World, 'cluster'>, name: ClusterSecret): Promise<Secret> {
  const reference = cluster.secrets[name] ?? '';
  return new Secret(reference, (await readFile(reference.slice('file:'.length), 'utf8')).trim());
}

/** A superuser's connection to one member; `options` replaces any part of it. */
export async function connectTo(
  world: Pick<World, 'cluster'>,
  member: Member,
  options: Partial<ConnectOptions> = {},
): Promise<PostgresConnection> {
  return connect({
    host: member.host,
    port: member.port,
    user: 'postgres',
    password: await secretOf(world, 'superuser'),
    database: 'postgres',
    application_name: 'pgdba-test',
    connectTimeoutMs: 5_000,
    ...options,
  });
}
