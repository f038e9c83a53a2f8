import type { Cluster } from '../../inventory/cluster.ts';
import type { Account } from './account.ts';
import type { MemberServer } from './layout.ts';

export interface PatroniInputs {
  readonly cluster: Cluster;
  readonly server: MemberServer;
  readonly account: Account;
  readonly sockets: string;
  /** Folder of PostgreSQL's programs. */
  readonly programs: string;
  /** The callback's command, ready for Patroni to split. */
  readonly callback: string;
  readonly passwords: Readonly<Record<'superuser' | 'replication' | 'rewind' | 'rest', string>>;
}

/** Who may act on Patroni's REST API. */
export const restUser = 'pgdba';

/**
 * A member's patroni.yml as data, for Patroni 3.0.2 to 4.1. What a DBA may want to tune goes into `bootstrap.dcs`, because
 * anything local would silently win over a later PATCH /config.
 */
export function patroniConfig(inputs: PatroniInputs): unknown {
  const { cluster, server, sockets, programs, callback, passwords } = inputs;
  const { member } = server;
  const address = `${member.host}:${member.rest_port}`;
  const stores = cluster.services.filter(({ kind }) => kind === 'etcd').map(({ host, port }) => `${host}:${port}`);
  return {
    scope: cluster.name,
    name: member.name,
    // anyone who may PATCH the configuration may run commands as the server account
    restapi: {
      listen: address,
      connect_address: address,
      authentication: { username: restUser, password: passwords.rest },
    },
    etcd3: { hosts: stores },
    bootstrap: {
      dcs: dynamicConfig,
      initdb: [{ encoding: 'UTF8' }, { 'auth-local': 'peer' }, { 'auth-host': 'scram-sha-256' }, 'data-checksums'],
    },
    postgresql: {
      listen: `${member.host}:${member.port}`,
      connect_address: `${member.host}:${member.port}`,
      data_dir: server.data,
      bin_dir: programs,
      pgpass: server.pgpass,
      use_unix_socket: true,
      pg_hba: hba,
      pg_ident: [`pgdba "${inputs.account.name}" postgres`],
      authentication: {
        superuser: { username: 'postgres', password: passwords.superuser },
        replication: { username: 'replicator', password: passwords.replication },
        rewind: { username: 'rewind', password: passwords.rewind },
      },
      parameters: localParameters(sockets, server),
      basebackup: [{ checkpoint: 'fast' }],
      callbacks: { on_start: callback, on_role_change: callback },
    },
    watchdog: { mode: 'off' },
    tags: { nofailover: false, noloadbalance: false, clonefrom: false, nosync: false },
  };
}

/** No trust anywhere: the server account by its own uid, everybody else by SCRAM over loopback. */
const hba = [
  'local all all peer map=pgdba',
  'host replication replicator 127.0.0.1/32 scram-sha-256',
  'host all all 127.0.0.1/32 scram-sha-256',
];

const dynamicConfig = {
  ttl: 30,
  loop_wait: 10,
  retry_timeout: 10,
  maximum_lag_on_failover: 1_048_576,
  postgresql: {
    use_pg_rewind: true,
    use_slots: true,
    parameters: {
      max_connections: 100,
      shared_buffers: '64MB',
      wal_level: 'logical',
      wal_log_hints: 'on',
      hot_standby: 'on',
      max_wal_senders: 10,
      max_replication_slots: 10,
      max_worker_processes: 8,
      wal_keep_size: '128MB',
      max_wal_size: '1GB',
      password_encryption: 'scram-sha-256',
      // a standby whose slot the leader makes a moment later tries again after half a second instead of five
      wal_retrieve_retry_interval: '500ms',
      log_line_prefix: '%m [%p] %q%u@%d %a ',
      log_timezone: 'UTC',
      log_checkpoints: 'on',
      log_lock_waits: 'on',
    },
  },
};

/** Bound to this member's own directories; nothing here is worth tuning. */
function localParameters(sockets: string, server: MemberServer): Readonly<Record<string, string>> {
  return {
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    logging_collector: 'on',
    log_destination: 'stderr',
    log_directory: server.postgresLog,
    log_filename: 'postgresql-%a.log',
    log_file_mode: '0600',
    log_rotation_age: '1d',
    log_rotation_size: '0',
    log_truncate_on_rotation: 'on',
  };
}
