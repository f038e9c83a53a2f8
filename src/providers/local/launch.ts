import { spawn } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import type { Cluster } from '../../inventory/cluster.ts';
import { type Account, asAccount } from './account.ts';
import { serverPath } from './binaries.ts';
import type { Server } from './layout.ts';
import { markVariable } from './server-processes.ts';

const largestLog = 20 * 1024 * 1024;

export interface Launched {
  readonly pid: number | undefined;
  /** Why the process ended, once it has; a server that could not be started at all has ended too. */
  ended(): string | undefined;
}

/**
 * Starts a server that outlives pgdba: a session of its own, its output in its own log, an environment in which nothing
 * of the caller's is left, and no secret in argv or environment.
 */
export async function launch(
  cluster: Cluster,
  server: Server,
  argv: readonly string[],
  account: Account,
): Promise<Launched> {
  await rotate(server.log);
  const log = await open(server.log, 'a', 0o600);
  try {
    await log.chmod(0o600);
    if (account.switched) await log.chown(account.uid, account.gid);
    const [program = '', ...args] = asAccount(account, argv);
    // the children inherit it: whatever a server writes is its account's alone
    const before = process.umask(0o077);
    const child = (() => {
      try {
        return spawn(program, args, {
          cwd: server.directory,
          detached: true,
          stdio: ['ignore', log.fd, log.fd],
          env: environment(cluster, server, account),
        });
      } finally {
        process.umask(before);
      }
    })();
    let ended: string | undefined;
    child.on('error', (error) => {
      ended = error.message;
    });
    child.on('exit', (code, signal) => {
      ended = signal === null ? `it ended with ${code}` : `it was ended by ${signal}`;
    });
    child.unref();
    return { pid: child.pid, ended: () => ended };
  } finally {
    await log.close();
  }
}

export function environment(cluster: Cluster, server: Server, account: Account): Record<string, string> {
  return {
    ...commandEnvironment(cluster, server, account),
    [markVariable]: `${cluster.id}/${server.name}`,
    // etcd 3.4 starts on ARM only when told so
    ...(server.kind === 'etcd' && process.arch === 'arm64' ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {}),
  };
}

/** The same for a command on a server: without the mark, for it is no part of the server. */
export function commandEnvironment(cluster: Cluster, server: Server, account: Account): Record<string, string> {
  return {
    PATH: serverPath(cluster.pg_major),
    // not the account's own home: a .pgpass or .psqlrc there is none of ours
    HOME: server.directory,
    TMPDIR: server.temporary,
    USER: account.name,
    LOGNAME: account.name,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  };
}

/** One old log is kept; a running server writes on into the renamed file, so this happens only before a start. */
async function rotate(log: string): Promise<void> {
  const found = await stat(log).catch(() => undefined);
  if (found && found.size > largestLog) await rename(log, `${log}.1`);
}
