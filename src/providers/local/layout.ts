import { join } from 'node:path';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Cluster, Member, Service } from '../../inventory/cluster.ts';

/** Where a cluster keeps what; paths only, nothing is looked at here. */
export interface Layout {
  readonly directory: string;
  readonly secrets: string;
  readonly callback: string;
  readonly members: string;
  readonly services: string;
}

export function layoutOf(directory: string): Layout {
  return {
    directory,
    secrets: join(directory, 'secrets'),
    callback: join(directory, 'follow-primary'),
    members: join(directory, 'members'),
    services: join(directory, 'services'),
  };
}

/** The libpq passfile for applications of this host. */
export function clientPassfile(directory: string): string {
  return join(directory, 'client', 'pgpass');
}

/** One server of a cluster with its paths. */
export type Server = MemberServer | ServiceServer;

interface ServerPaths {
  readonly name: string;
  readonly directory: string;
  /** The file its main process is started with: what tells our processes from others. */
  readonly config: string;
  /** What the process writes to stdout and stderr. */
  readonly log: string;
  readonly temporary: string;
}

export interface MemberServer extends ServerPaths {
  readonly kind: 'member';
  readonly member: Member;
  readonly data: string;
  /** PostgreSQL's own log files. */
  readonly postgresLog: string;
  readonly pgpass: string;
}

export interface ServiceServer extends ServerPaths {
  readonly kind: 'etcd' | 'pgbouncer';
  readonly service: Service;
  /** etcd only */
  readonly data: string;
  /** pgbouncer only */
  readonly users: string;
  readonly target: string;
}

export function serversOf(cluster: Cluster): Server[] {
  return [
    ...cluster.members.map((member) => memberServer(cluster, member)),
    ...cluster.services.map((service) => serviceServer(cluster, service)),
  ];
}

/** Errors: MEMBER_UNKNOWN when neither a member nor a service has the name. */
export function serverOf(cluster: Cluster, name: string): Server {
  const found = serversOf(cluster).find((server) => server.name === name);
  return found ?? memberOf(cluster, name);
}

export function memberOf(cluster: Cluster, name: string): MemberServer {
  const member = cluster.members.find((candidate) => candidate.name === name);
  if (member) return memberServer(cluster, member);
  throw new PgdbaError('MEMBER_UNKNOWN', {
    facts: { cluster: cluster.name, member: name },
    hint: `its servers are ${[...cluster.members, ...cluster.services].map((server) => server.name).join(', ')}`,
  });
}

export function serviceOf(cluster: Cluster, name: string): ServiceServer {
  const service = cluster.services.find((candidate) => candidate.name === name);
  if (service) return serviceServer(cluster, service);
  throw new PgdbaError('SERVICE_UNKNOWN', {
    facts: { cluster: cluster.name, service: name },
    hint: `its services are ${cluster.services.map((candidate) => candidate.name).join(', ')}`,
  });
}

function memberServer(cluster: Cluster, member: Member): MemberServer {
  const directory = join(layoutOf(cluster.directory).members, safeName(member.name));
  return {
    kind: 'member',
    member,
    ...paths(directory, member.name, 'patroni.yml'),
    data: join(directory, 'data'),
    postgresLog: join(directory, 'log'),
    pgpass: join(directory, 'pgpass'),
  };
}

function serviceServer(cluster: Cluster, service: Service): ServiceServer {
  const directory = join(layoutOf(cluster.directory).services, safeName(service.name));
  return {
    kind: service.kind,
    service,
    ...paths(directory, service.name, service.kind === 'etcd' ? 'etcd.yml' : 'pgbouncer.ini'),
    data: join(directory, 'data'),
    users: join(directory, 'userlist.txt'),
    target: join(directory, 'target.ini'),
  };
}

function paths(directory: string, name: string, config: string): ServerPaths {
  return {
    name,
    directory,
    config: join(directory, config),
    log: join(directory, 'server.log'),
    temporary: join(directory, 'tmp'),
  };
}

/** A name becomes part of a path that may be removed. */
function safeName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return name;
  throw new PgdbaError('BUG', { facts: { problem: `"${name}" cannot be the name of a server` } });
}
