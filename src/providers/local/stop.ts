import { lstat, rm } from 'node:fs/promises';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import { type Account, serverAccount } from './account.ts';
import { postgresFolder } from './binaries.ts';
import { runOnServer } from './exec.ts';
import type { Server } from './layout.ts';
import { requireMark } from './mark.ts';
import { processesOfServer, type ServerProcesses } from './server-processes.ts';
import { until } from './until.ts';

/** Patroni waits for a shutdown checkpoint and for its standbys to get the last WAL. */
const patience = { member: 60_000, etcd: 10_000, pgbouncer: 10_000 } as const;

/**
 * Ends a server cleanly: Patroni stops PostgreSQL with it; a postmaster that is left (a paused cluster) is stopped fast,
 * then immediately. Returns when no process of the server is left. Errors: SERVER_STOP_FAILED.
 */
export async function stopServer(cluster: Cluster, server: Server, signal: AbortSignal): Promise<void> {
  await requireMark(cluster);
  const account = await serverAccount();
  const look = () => processesOfServer(cluster, server, account);
  const gone = (which: keyof ServerProcesses, withinMs: number) =>
    until(() => (isGone(look()[which]) ? true : undefined), { withinMs, everyMs: 100, signal });

  const { main } = look();
  if (main !== undefined) {
    send(main, 'SIGTERM');
    if (!(await gone('main', patience[server.kind]))) {
      const left = look().main;
      if (left !== undefined) send(left, 'SIGKILL');
      await gone('main', 5_000);
    }
  }
  for (const mode of ['fast', 'immediate']) {
    if (look().postmaster === undefined) break;
    await stopPostgres(cluster, server, account, mode, signal);
  }
  // callbacks and base backups that Patroni left behind; what PostgreSQL still has ends by itself
  if (!(await gone('all', 2_000)) && look().postmaster === undefined)
    for (const pid of look().all) send(pid, 'SIGKILL');
  if (await gone('all', 10_000)) return;
  throw new PgdbaError('SERVER_STOP_FAILED', {
    facts: { server: server.name, waited: `${patience[server.kind] / 1000} s`, pids: look().all.map(String) },
    hint: `look at these processes and at ${server.log}; pgdba's kill ends them without a clean shutdown`,
  });
}

/** SIGKILL to Patroni first, which would start PostgreSQL again, then to everything else of the server. */
export async function killServer(cluster: Cluster, server: Server): Promise<void> {
  await requireMark(cluster);
  const account = await serverAccount();
  const left = await until(
    () => {
      const { main, all } = processesOfServer(cluster, server, account);
      if (all.length === 0) return true;
      if (main !== undefined) send(main, 'SIGKILL');
      for (const pid of all) send(pid, 'SIGKILL');
      return undefined;
    },
    { withinMs: 10_000, everyMs: 20 },
  );
  if (left) return;
  throw new PgdbaError('SERVER_STOP_FAILED', {
    facts: { server: server.name, waited: '10 s' },
    hint: 'processes that survive SIGKILL wait for a disk: look at the host',
  });
}

/** Stops the server and removes its directory; never anything outside of it, for links are removed and not followed. */
export async function removeServer(cluster: Cluster, server: Server, signal: AbortSignal): Promise<void> {
  if (!(await lstat(cluster.directory).catch(() => undefined))) return;
  await stopServer(cluster, server, signal);
  await rm(server.directory, { recursive: true, force: true });
}

async function stopPostgres(
  cluster: Cluster,
  server: Server,
  account: Account,
  mode: string,
  signal: AbortSignal,
): Promise<void> {
  if (server.kind !== 'member') return;
  const control = `${postgresFolder(cluster.pg_major)}/pg_ctl`;
  const argv = [control, 'stop', '-D', server.data, '-m', mode, '-w', '-t', '30'];
  // its exit does not matter: the caller looks whether the postmaster is gone
  await runOnServer(cluster, server, account, argv, { as: 'server', timeoutMs: 40_000, signal });
}

function send(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself
  }
}

function isGone(found: ServerProcesses[keyof ServerProcesses]): boolean {
  return typeof found === 'object' ? found.length === 0 : found === undefined;
}
