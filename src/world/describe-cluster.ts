import { formatBytes } from '../formats/bytes.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Provider } from '../providers/provider.ts';
import type { MemberLook } from '../step/index.ts';
import { readTopology } from './topology.ts';

/** The blast radius in a few lines: what is there, how much, and who uses it at this moment. */
export async function describeCluster(
  provider: Provider,
  cluster: Cluster,
  members: readonly MemberLook[],
): Promise<string[]> {
  const [{ place, servers }, { primary }] = await Promise.all([provider.inspect(cluster), readTopology(members)]);
  const sizes = await Promise.all(servers.map(({ name }) => provider.diskUsage(cluster, name)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const running = servers.filter((server) => server.running).length;
  const names = cluster.members.map(({ name }) => (name === primary ? `${name} (primary)` : name));
  const clients = primary === null ? null : await countClients(members.find(({ name }) => name === primary));
  return [
    `cluster     ${cluster.name}${cluster.environment ? ` (${cluster.environment})` : ''}, provider ${cluster.provider}`,
    `identity    ${cluster.system_identifier ?? 'none yet'}`,
    `members     ${names.join(', ')}; ${running} of ${servers.length} servers run`,
    `data        ${formatBytes(bytes)} in ${place.directory}`,
    `clients     ${clients === null ? 'unknown: no member accepts writes' : `${clients} connected to the primary`}`,
  ];
}

async function countClients(primary: MemberLook | undefined): Promise<number | null> {
  const text = `select count(*)::int as clients from pg_catalog.pg_stat_activity
    where backend_type = 'client backend' and application_name not like 'pgdba/%' and application_name not like 'Patroni%'`;
  const rows = await primary?.sql<{ clients: number }>(text).catch(() => []);
  return rows?.[0]?.clients ?? null;
}
