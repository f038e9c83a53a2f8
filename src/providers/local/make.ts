import { lstat } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { Cluster } from '../../inventory/cluster.ts';
import { type Account, serverAccount } from './account.ts';
import { postgresFolder } from './binaries.ts';
import { callbackCommand, ensureCallback } from './callback.ts';
import { layoutOf, type MemberServer, type Server, type ServiceServer } from './layout.ts';
import { ensureDirectory, writeIfDifferent, writeOwned } from './owned-files.ts';
import { patroniConfig } from './patroni-config.ts';
import { secretOf } from './secret-files.ts';
import { consoleUser, etcdConfig, noTarget, pgbouncerConfig, pgbouncerUsers } from './service-configs.ts';
import { ensureSockets } from './sockets.ts';

/** Makes a server's directories and files, as far as they are missing or differ; answers whether its configuration changed. */
export async function make(home: string, cluster: Cluster, server: Server): Promise<boolean> {
  const account = await serverAccount();
  const sockets = await ensureSockets(home, cluster, account);
  const { members, services } = layoutOf(cluster.directory);
  for (const folder of [members, services, server.directory, server.temporary]) await ensureDirectory(folder, account);
  if (server.kind === 'member') return makeMember(cluster, server, account, sockets);
  if (server.kind === 'etcd') return makeEtcd(cluster, server, account);
  return makePgbouncer(cluster, server, account, sockets);
}

async function makeMember(cluster: Cluster, server: MemberServer, account: Account, sockets: string): Promise<boolean> {
  await ensureDirectory(server.postgresLog, account);
  await ensureCallback(cluster, account);
  const config = patroniConfig({
    cluster,
    server,
    account,
    sockets,
    programs: postgresFolder(cluster.pg_major),
    callback: callbackCommand(cluster, server, sockets),
    passwords: {
      superuser: (await secretOf(cluster, 'superuser')).reveal(),
      replication: (await secretOf(cluster, 'replication')).reveal(),
      rewind: (await secretOf(cluster, 'rewind')).reveal(),
      rest: (await secretOf(cluster, 'rest')).reveal(),
    },
  });
  return writeIfDifferent(server.config, asYaml(config), account);
}

async function makeEtcd(cluster: Cluster, server: ServiceServer, account: Account): Promise<boolean> {
  await ensureDirectory(server.data, account);
  return writeIfDifferent(server.config, asYaml(etcdConfig(cluster, server)), account);
}

async function makePgbouncer(
  cluster: Cluster,
  server: ServiceServer,
  account: Account,
  sockets: string,
): Promise<boolean> {
  if (!(await lstat(server.target).catch(() => undefined))) await writeOwned(server.target, noTarget, account);
  const users = pgbouncerUsers({
    app: (await secretOf(cluster, 'app')).reveal(),
    [consoleUser]: (await secretOf(cluster, 'console')).reveal(),
  });
  const usersChanged = await writeIfDifferent(server.users, users, account);
  const configChanged = await writeIfDifferent(server.config, pgbouncerConfig(server, sockets), account);
  return usersChanged || configChanged;
}

/** Every string in quotes: Patroni reads YAML 1.1, where a bare `off`, `1e5` or `12:30` is no string. */
function asYaml(config: unknown): string {
  const head = '# Made by pgdba; the next pgdba run writes it again.\n';
  return head + stringify(config, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}
