import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { Cluster } from '../../inventory/cluster.ts';
import type { Account } from './account.ts';
import { type Server, serversOf } from './layout.ts';
import { type Process, processesOf, startedWith, withDescendants, workingDirectory } from './processes.ts';

/** The environment variable that every process of a server is born with: `<cluster id>/<server>`. */
export const markVariable = 'PGDBA_MARK';

export interface ServerProcesses {
  /** Patroni, etcd or PgBouncer itself. */
  readonly main: number | undefined;
  /** The postmaster of a member; undefined for services and when PostgreSQL is down. */
  readonly postmaster: number | undefined;
  /** Everything that belongs to the server: main, PostgreSQL's processes, callbacks, base backups. */
  readonly all: readonly number[];
}

/**
 * Looks the processes of a server up by what they are: the right program of the right user, started with exactly our
 * configuration file. `tail -f patroni.yml` and another user's Patroni are not ours.
 */
export function processesOfServer(cluster: Cluster, server: Server, account: Account): ServerProcesses {
  return ownProcesses(cluster, server, livingOf(account));
}

/** The same for every server of a cluster, by one look at the machine. */
export function processesOfServers(cluster: Cluster, account: Account): ReadonlyMap<Server, ServerProcesses> {
  const living = livingOf(account);
  return new Map(serversOf(cluster).map((server) => [server, ownProcesses(cluster, server, living)]));
}

export function processesOfCluster(cluster: Cluster, account: Account): number[] {
  return [...new Set([...processesOfServers(cluster, account).values()].flatMap(({ all }) => all))];
}

interface Living extends Process {
  readonly mark: string | undefined;
}

function livingOf({ uid }: Account): Living[] {
  return processesOf(uid).map((process) => ({ ...process, mark: startedWith(process.pid, markVariable) }));
}

function ownProcesses(cluster: Cluster, server: Server, living: readonly Living[]): ServerProcesses {
  const mains = living.filter((process) => isMain(server, process));
  const postgres = server.kind === 'member' ? postgresOf(server.data, living) : [];
  const postgresPids = new Set(postgres.map(({ pid }) => pid));
  const mark = `${cluster.id}/${server.name}`;
  const marked = living.filter((process) => process.mark === mark);
  const roots = [...mains, ...postgres, ...marked].map(({ pid }) => pid);
  return {
    // between fork and exec a child shows its parent's command line
    main: (mains.find(({ parent }) => !mains.some(({ pid }) => pid === parent)) ?? mains[0])?.pid,
    postmaster: postgres.find(({ parent }) => !postgresPids.has(parent))?.pid,
    all: [...withDescendants(roots, living)].filter((pid) => pid !== process.pid),
  };
}

function isMain(server: Server, { argv }: Process): boolean {
  const program = basename(argv[0] ?? '');
  switch (server.kind) {
    case 'member': {
      // a Python script: `python3 /usr/bin/patroni FILE`
      const script = program.startsWith('python') ? basename(argv[1] ?? '') : program;
      return script === 'patroni' && argv.includes(server.config);
    }
    case 'etcd':
      return program === 'etcd' && argv.includes(`--config-file=${server.config}`);
    case 'pgbouncer':
      return program === 'pgbouncer' && argv.includes(server.config);
  }
}

/**
 * PostgreSQL's processes rewrite their command lines and with them their environment, but all of them stay in the data
 * directory.
 */
function postgresOf(data: string, living: readonly Process[]): Process[] {
  const real = realPath(data);
  return living.filter(({ name, pid }) => name === 'postgres' && workingDirectory(pid) === real);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // removed under a running server: the kernel says so in the link
    return `${path} (deleted)`;
  }
}
