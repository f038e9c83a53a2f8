import type { MemberAnswer } from '../clients/patroni-answers.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Json } from '../journal/record.ts';
import type { Address, ExecResult, ProviderLook } from '../providers/provider.ts';
import type { Asked } from './host.ts';
import type { Topology } from './topology.ts';
import type { WebLook } from './web.ts';

/** Without a cluster argument: a step sees the provider of its own target only. */
type Bound<Method> = Method extends (cluster: Cluster, ...rest: infer Rest) => infer Answer
  ? (...rest: Rest) => Answer
  : Method;
export type BoundTo<Contract> = { readonly [Name in keyof Contract]: Bound<Contract[Name]> };

/**
 * What check and verify get: eyes, no hands. Sessions are read-only, HTTP is GET, and a member is looked up afresh
 * at every call, its system_identifier compared with the inventory's.
 */
export interface Look<P = unknown> {
  readonly params: P;
  readonly run: { readonly id: string; readonly task: string; readonly attempt: number };
  readonly signal: AbortSignal;
  now(): Date;
  sleep(ms: number): Promise<void>;
  log(message: string): void;
  /** Milliseconds since this attempt asked first. Kept in memory only: after a crash it begins anew. */
  waited(): number;
  /** What others said, with every known secret masked; `cut`: also half of one at its end. */
  masked(text: string, cut?: boolean): string;
  maskedJson(value: unknown): Json;
  /** pgdba's own host. */
  readonly host: Asked;
  readonly web: WebLook;
  /** Names of the notification targets in the configuration. */
  readonly notifications: readonly string[];
  /** What the run is about; a new cluster is not in the inventory yet. Errors: BUG for a playbook with `target: none`. */
  readonly target: { readonly name: string; readonly provider: string };
  /** The cluster as the inventory knows it at this moment. Errors: CLUSTER_UNKNOWN. */
  cluster(): Promise<Cluster>;
  /** The member that accepts writes. Errors: NO_PRIMARY. */
  primary(): Promise<MemberLook>;
  /** Errors: MEMBER_UNKNOWN. */
  member(name: string): Promise<MemberLook>;
  members(): Promise<readonly MemberLook[]>;
  poolers(): Promise<readonly PoolerLook[]>;
  /** Every member asked by Patroni and by SQL, and judged. Never fails for a member that does not answer. */
  topology(): Promise<Topology>;
  readonly provider: BoundTo<ProviderLook>;
  readonly inventory: InventoryLook;
}

export interface MemberLook extends Asked {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Rows of one statement in a read-only transaction. Errors: CONNECT_FAILED, SQL_FAILED, IDENTITY_MISMATCH, … */
  sql<Row>(statement: string, values?: readonly unknown[], database?: string): Promise<Row[]>;
  /** GET on the member's Patroni. Errors: PATRONI_UNREACHABLE, PATRONI_ANSWER (no JSON). */
  get(path: string): Promise<RestAnswer>;
  /** What the member's own Patroni says about it. Errors: PATRONI_UNREACHABLE, PATRONI_ANSWER. */
  patroni(): Promise<MemberAnswer>;
  /** Runs one of the programs that only look (`pg_controldata`). Errors: PROVIDER_CANNOT for any other. */
  probe(argv: readonly string[]): Promise<ExecResult>;
  readFile(path: string): Promise<string>;
}

export interface PoolerLook {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Rows of one SHOW command of the console. */
  show(what: string): Promise<Record<string, unknown>[]>;
  /** Where it sends clients: the member of its target file; null when it leads nowhere. */
  target(): Promise<Address | null>;
  /** Rows of one statement sent through the pool as the application role, read-only. */
  sql<Row>(statement: string, values?: readonly unknown[], database?: string): Promise<Row[]>;
}

export interface RestAnswer {
  readonly status: number;
  /** Null where Patroni answers with a sentence. */
  readonly body: unknown;
  readonly text: string;
}

export interface InventoryLook {
  /** null when there is none of this name. */
  read(name: string): Promise<Cluster | null>;
}
