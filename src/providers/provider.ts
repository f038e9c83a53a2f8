import type { Cluster } from '../inventory/cluster.ts';

/**
 * Where members live. One object serves every cluster of its kind; it keeps nothing in memory between calls and
 * answers from the world. Names of servers are names of members or services of the cluster.
 */
export interface Provider extends ProviderLook, ProviderChange {
  readonly name: string;
  readonly capabilities: ReadonlySet<Capability>;
}

export type Capability =
  | 'inspect'
  | 'member'
  | 'service'
  | 'exec'
  | 'files'
  | 'start-stop'
  | 'kill'
  | 'reach'
  | 'logs'
  | 'facts'
  | 'job'
  | 'freeze'
  | 'isolate';

/** What only looks. */
export interface ProviderLook {
  /** Everything that keeps this host from carrying a cluster; empty when it can. `pgMajor` null: any major will do. */
  checkHost(pgMajor: number | null): Promise<HostReport>;
  /** Where a new cluster of this name would live. */
  placeOf(name: string): Promise<Place>;
  /** What is really there: by looking at directories and processes, never by memory. */
  inspect(cluster: Cluster): Promise<Inspection>;
  facts(cluster: Cluster, server: string): Promise<HostFacts>;
  /** Bytes that a server takes on disk. Walks its directory: slow for a large one. */
  diskUsage(cluster: Cluster, server: string): Promise<number>;
  /** The control file of a member's data directory, whether PostgreSQL runs or not; null when there is no data. */
  controlData(cluster: Cluster, member: string): Promise<ControlData | null>;
  /** TCP ports on this provider's host that nobody listens on at this moment. */
  freePorts(count: number): Promise<number[]>;
  /** The address under which pgdba reaches a server's port. */
  reach(cluster: Cluster, server: string, address: Address): Promise<Address>;
  /** Can a server open this TCP address from where it lives? Null when it can, else why not. */
  reaches(cluster: Cluster, server: string, address: Address): Promise<string | null>;
  /** Where a pooler's target file leads; null when it leads nowhere. */
  poolerTarget(cluster: Cluster, pooler: string): Promise<Address | null>;
  /** The file itself and who owns it, for the guard, which knows no provider. */
  poolerTargetFile(cluster: Cluster, pooler: string): Promise<OwnedFile>;
  /** The last lines of a server's log, oldest first. */
  logs(cluster: Cluster, server: string, lines: number): Promise<string[]>;
  readFile(cluster: Cluster, server: string, path: string): Promise<string>;
}

/** What changes the world. Every method is idempotent; none touches what does not carry the cluster's mark. */
export interface ProviderChange {
  /** Makes the cluster's own directory with its mark (first) and its generated secrets; answers their references. */
  ensurePlace(cluster: Cluster): Promise<Readonly<Record<string, string>>>;
  /** Removes the directory, if it carries the mark and no server of it runs. */
  removePlace(cluster: Cluster): Promise<void>;
  /** Makes what is missing of a member (directories, configuration) and starts it. Does not wait for PostgreSQL. */
  ensureMember(cluster: Cluster, member: string, signal: AbortSignal): Promise<void>;
  /** Stops the member and removes its data. */
  removeMember(cluster: Cluster, member: string, signal: AbortSignal): Promise<void>;
  ensureService(cluster: Cluster, service: string, signal: AbortSignal): Promise<void>;
  removeService(cluster: Cluster, service: string, signal: AbortSignal): Promise<void>;
  /** Starts a server that was made before; waits until it answers on its port (member: Patroni's REST port). */
  start(cluster: Cluster, server: string, signal: AbortSignal): Promise<void>;
  /** Clean stop (member: Patroni stops PostgreSQL with it); returns when every process of the server is gone. */
  stop(cluster: Cluster, server: string, signal: AbortSignal): Promise<void>;
  /** Replaces a pooler's target file by rename; the pooler reads it at its next RELOAD. */
  pointPooler(cluster: Cluster, pooler: string, address: Address): Promise<void>;
  /** SIGKILL to every process of the server. */
  kill(cluster: Cluster, server: string): Promise<void>;
  exec(cluster: Cluster, server: string, argv: readonly string[], options: ExecOptions): Promise<ExecResult>;
  /** Written beside and renamed; owner is the server's account unless `as` says root. */
  writeFile(cluster: Cluster, server: string, path: string, content: string, options: WriteOptions): Promise<void>;
}

export interface HostReport {
  /** Ready to be shown one per line, e.g. `etcd: not found`. */
  readonly problems: readonly HostProblem[];
  /** What was found: binary → version text. */
  readonly found: Readonly<Record<string, string>>;
  readonly pg_majors: readonly number[];
}

export interface HostProblem {
  readonly what: string;
  /** What the operator can do about it. */
  readonly hint: string;
  /** Which kind: a missing program, a missing right, something else of the host. */
  readonly kind: 'binary' | 'rights' | 'host';
}

export interface Place {
  readonly directory: string;
  /** none: free · ours: carries the mark of the cluster id given · foreign: exists without a mark of ours. */
  readonly state: 'none' | 'marked' | 'foreign';
  /** The cluster id in the mark, when there is one. */
  readonly mark: string | null;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface OwnedFile {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}

export interface Inspection {
  readonly place: Place;
  readonly servers: readonly ServerState[];
}

export interface ServerState {
  readonly name: string;
  readonly kind: 'member' | 'etcd' | 'pgbouncer';
  /** There is something of it, complete or not. */
  readonly present: boolean;
  /** Its directory and configuration are complete. */
  readonly made: boolean;
  /** Its main process (member: Patroni) lives. */
  readonly running: boolean;
  /** Member only: a postmaster runs on its data directory. Null for services. */
  readonly postgres_running: boolean | null;
  readonly pids: readonly number[];
}

export interface ControlData {
  readonly system_identifier: string;
  /** In the words of pg_controldata: `in production`, `shut down`, `shut down in recovery`, … */
  readonly state: string;
  /** Of the latest checkpoint. */
  readonly timeline: number;
  readonly checkpoint_lsn: string;
}

export interface HostFacts {
  readonly memory_bytes: number;
  readonly cpus: number;
  readonly disk_free_bytes: number;
}

export interface ExecOptions {
  readonly as: 'server' | 'root';
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly stdin?: string;
  /** Output beyond this many bytes is cut and said so. */
  readonly maxOutput?: number;
  /** Told of the process, so that a later drive can end it when this program dies first. */
  readonly child?: ChildWatch;
}

export interface ChildWatch {
  started(child: { readonly pid: number; readonly argv0: string }): void;
  ended(pid: number): void;
}

export interface ExecResult {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WriteOptions {
  readonly mode: number;
}
