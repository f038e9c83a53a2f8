import { lstat } from 'node:fs/promises';
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
    present: (await lstat(server.directory).catch(() => undefined)) !== undefined,
    made: (await lstat(server.config).catch(() => undefined))?.isFile() === true,
    running: main !== undefined,
    postgres_running: server.kind === 'member' ? postmaster !== undefined : null,
    pids: [...all].sort((a, b) => a - b),
  };
}
