import { lstat, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import { serverAccount } from './account.ts';
import { requireProgram } from './binaries.ts';
import { launch } from './launch.ts';
import type { MemberServer, Server } from './layout.ts';
import { lastLines } from './logs.ts';
import { make } from './make.ts';
import { requireMark } from './mark.ts';
import { requireFree } from './ports.ts';
import { stateOf } from './processes.ts';
import { answers } from './ready.ts';
import { processesOfServer, type ServerProcesses } from './server-processes.ts';
import { portsOf } from './service-configs.ts';
import { until } from './until.ts';

/** A loaded machine takes its time to start Python. */
const answerWithinMs = 60_000;

/**
 * Makes what is missing and starts what does not run; returns when the server answers (a member: Patroni's REST, not
 * PostgreSQL). A running server whose configuration changed is told to read it again.
 * Errors: CLUSTER_NOT_OURS, BINARY_MISSING, PORT_TAKEN, SERVER_START_FAILED, DISK_FULL.
 */
export async function ensureServer(home: string, cluster: Cluster, server: Server, signal: AbortSignal): Promise<void> {
  await requireMark(cluster);
  const changed = await make(home, cluster, server);
  const running = processesOfServer(cluster, server, await serverAccount());
  const { main } = running;
  if (main === undefined) return start(cluster, server, running, signal);
  if (changed && server.kind !== 'etcd') process.kill(main, 'SIGHUP');
  await waitForAnswer(server, signal, () => (stateOf(main) === 'alive' ? undefined : 'its process ended'));
}

/** Starts a server that was made before. Errors: as `ensureServer`. */
export async function startServer(home: string, cluster: Cluster, server: Server, signal: AbortSignal): Promise<void> {
  if (!(await lstat(server.config).catch(() => undefined))) {
    throw new PgdbaError('SERVER_START_FAILED', {
      facts: { server: server.name, problem: `it was never made (${server.config} is missing)` },
      hint: 'run the playbook that makes the cluster again: it adds what is missing',
    });
  }
  await ensureServer(home, cluster, server, signal);
}

async function start(cluster: Cluster, server: Server, running: ServerProcesses, signal: AbortSignal): Promise<void> {
  const account = await serverAccount();
  await requireFree(server.name, neededPorts(server, running));
  if (server.kind === 'member' && running.postmaster === undefined) await waitForBurial(server, signal);
  const launched = await launch(cluster, server, commandLine(server), account);
  await waitForAnswer(server, signal, launched.ended).catch(async (thrown: unknown) => {
    if (signal.aborted) throw thrown;
    // lost the race for a port after the look at it?
    if (launched.ended() !== undefined) await requireFree(server.name, neededPorts(server, running));
    throw thrown;
  });
}

/** A postmaster that outlived its Patroni holds its port rightly. */
function neededPorts(server: Server, running: ServerProcesses): number[] {
  if (server.kind !== 'member') return portsOf(server.service);
  return running.postmaster === undefined ? [server.member.rest_port, server.member.port] : [server.member.rest_port];
}

/**
 * A killed postmaster may stay in the process table until init collects it. Patroni would take it for a running one and
 * notice a whole loop_wait later.
 */
async function waitForBurial({ data }: MemberServer, signal: AbortSignal): Promise<void> {
  const pid = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n', 1)[0];
  if (pid) await until(() => (stateOf(Number(pid)) === 'zombie' ? undefined : true), { withinMs: 5_000, signal });
}

function commandLine(server: Server): string[] {
  switch (server.kind) {
    case 'member':
      return [requireProgram('patroni'), server.config];
    case 'etcd':
      return [requireProgram('etcd'), `--config-file=${server.config}`];
    case 'pgbouncer':
      return [requireProgram('pgbouncer'), server.config];
  }
}

async function waitForAnswer(server: Server, signal: AbortSignal, ended: () => string | undefined): Promise<void> {
  const outcome = await until(
    async () => {
      const end = ended();
      if (end !== undefined) return end;
      return (await answers(server)) ? 'answers' : undefined;
    },
    { withinMs: answerWithinMs, signal },
  );
  if (outcome === 'answers') return;
  throw await startFailed(server, outcome ?? `it does not answer after ${answerWithinMs / 1000} s`);
}

async function startFailed(server: Server, problem: string): Promise<PgdbaError> {
  const { bavail, bsize } = await statfs(server.directory);
  // etcd asks for 64 MB at once, PostgreSQL for 16 MB per WAL segment
  if (bavail * bsize < 64 * 1024 * 1024) {
    return new PgdbaError('DISK_FULL', {
      facts: { path: server.directory, server: server.name, free_bytes: bavail * bsize },
      hint: 'free some space, then run it again',
    });
  }
  return new PgdbaError('SERVER_START_FAILED', {
    facts: { server: server.name, problem, log: await lastLines(server, 15), log_file: server.log },
    hint: `read ${server.log}`,
  });
}
