import type { Cluster, Service } from '../../inventory/cluster.ts';
import type { ServiceServer } from './layout.ts';

/** One etcd node that only this host reaches; read alike by etcd 3.4 and 3.5. */
export function etcdConfig(cluster: Cluster, server: ServiceServer): unknown {
  const { name } = server.service;
  const clients = `http://${server.service.host}:${server.service.port}`;
  const peers = `http://${server.service.host}:${server.service.peer_port}`;
  return {
    name,
    'data-dir': server.data,
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `${name}=${peers}`,
    // the id, not the name: two clusters of one name must never join each other
    'initial-cluster-token': cluster.id,
    'initial-cluster-state': 'new',
    // Patroni speaks JSON to it; with a configuration file etcd 3.4 leaves the gateway off unless asked
    'enable-grpc-gateway': true,
    // Patroni renews a key every few seconds; without compaction the history grows for ever
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '1h',
    'log-outputs': ['stderr'],
  };
}

/** The console user that pgdba itself logs in as. */
export const consoleUser = 'pgdba';

export function pgbouncerConfig(server: ServiceServer, sockets: string): string {
  return `${[
    ';; Made by pgdba; the next pgdba run writes it again.',
    ';; Where clients go is in the included file, which is replaced by rename when the primary changes.',
    `%include ${server.target}`,
    '',
    '[pgbouncer]',
    `listen_addr = ${server.service.host}`,
    `listen_port = ${server.service.port}`,
    `unix_socket_dir = ${sockets}`,
    'unix_socket_mode = 0700',
    'auth_type = scram-sha-256',
    `auth_file = ${server.users}`,
    `admin_users = ${consoleUser}`,
    'pool_mode = transaction',
    'default_pool_size = 20',
    'max_client_conn = 500',
    'server_reset_query = DISCARD ALL',
    'ignore_startup_parameters = extra_float_digits,options',
    ';; after a failed login to the server try again soon: a new primary is there within seconds',
    'server_login_retry = 1',
    'server_connect_timeout = 5',
    'query_wait_timeout = 120',
    'log_connections = 0',
    'log_disconnections = 0',
  ].join('\n')}\n`;
}

/** Before anybody knows the primary. */
export const noTarget = '[databases]\n';

/** `"user" "password"` lines; PgBouncer needs the password itself to log in to PostgreSQL by SCRAM. */
export function pgbouncerUsers(passwords: Readonly<Record<string, string>>): string {
  return Object.entries(passwords)
    .map(([user, password]) => `${inQuotes(user)} ${inQuotes(password)}\n`)
    .join('');
}

export function portsOf({ kind, port, peer_port }: Service): number[] {
  return kind === 'etcd' && peer_port !== null ? [port, peer_port] : [port];
}

function inQuotes(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
