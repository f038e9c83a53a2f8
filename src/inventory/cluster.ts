/** One PostgreSQL under Patroni. */
export interface Member {
  readonly name: string;
  readonly host: string;
  /** PostgreSQL's TCP port. */
  readonly port: number;
  /** Patroni's REST port. */
  readonly rest_port: number;
}

export type ServiceKind = 'etcd' | 'pgbouncer';

/** A server that is not PostgreSQL. `port` takes clients; `peer_port` (etcd only) takes other etcd nodes. */
export interface Service {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly host: string;
  readonly port: number;
  readonly peer_port: number | null;
}

/** What clusters.json knows about one cluster. */
export interface Cluster {
  /** Ulid chosen when the cluster was registered: the mark on everything we make for it. */
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  /** true: made by pgdba; false: connected, somebody else's. */
  readonly managed: boolean;
  /** Refuses destroy until the protection is lifted. */
  readonly protected: boolean;
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** PostgreSQL's own identity; null until the first member has run. A string: it exceeds 2^53. */
  readonly system_identifier: string | null;
  readonly pg_major: number;
  /** The cluster's own directory on its host; everything below it is ours. */
  readonly directory: string;
  readonly members: readonly Member[];
  readonly services: readonly Service[];
  /** Secret name → reference; never a value. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly created_by_run: string;
}

/** The secrets that a cluster made by pgdba has, by name. */
export type ClusterSecret = 'superuser' | 'replication' | 'rewind' | 'rest' | 'console' | 'app';
