import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../inventory/cluster.ts';
import type { Inspection, ServerState } from '../provider.ts';
import { type Account, serverAccount } from './account.ts';
import { type Server, serversOf } from './layout.ts';
import { lookAt } from './place.ts';
import { processesOfServer } from './server-processes.ts';

export async function inspect(cluster: Cluster): Promise<Inspection> {
  const account = await serverAccount();
  return {
    place: await lookAt(cluster.directory),
    servers: await Promise.all(serversOf(cluster).map((server) => stateOf(cluster, server, account))),
  };
}

async function stateOf(cluster: Cluster, server: Server, account: Account): Promise<ServerState> {
  const { main, postmaster, all } = processesOfServer(cluster, server, account);
  return {
    name: server.name,
    kind: server.kind,
    made: (await lstat(server.config).catch(() => undefined))?.isFile() === true,
    running: main !== undefined,
    postgres_running: server.kind === 'member' ? postmaster !== undefined : null,
    bytes: await bytesBelow(server.directory),
    pids: [...all].sort((a, b) => a - b),
  };
}

/** Bytes on disk; what vanishes while we look counts as nothing. */
async function bytesBelow(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 0;
  const own = found.blocks * 512;
  if (!found.isDirectory()) return own;
  const names = await readdir(path).catch(() => []);
  let total = own;
  for (const name of names) total += await bytesBelow(join(path, name));
  return total;
}
