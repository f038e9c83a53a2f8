import { lstat } from 'node:fs/promises';
import type { Cluster } from '../../inventory/cluster.ts';
import type { Inspection, ServerState } from '../provider.ts';
import { serverAccount } from './account.ts';
import type { Server } from './layout.ts';
import { lookAt } from './place.ts';
import { processesOfServers, type ServerProcesses } from './server-processes.ts';

export async function inspect(cluster: Cluster): Promise<Inspection> {
  const found = processesOfServers(cluster, await serverAccount());
  return {
    place: await lookAt(cluster.directory),
    servers: await Promise.all([...found].map(([server, processes]) => stateOf(server, processes))),
  };
}

async function stateOf(server: Server, { main, postmaster, all }: ServerProcesses): Promise<ServerState> {
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
