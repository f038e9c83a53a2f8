import type { Cluster } from '../inventory/cluster.ts';
import type { Address, ExecOptions, ExecResult, ProviderChange, WriteOptions } from '../providers/provider.ts';
import type { Runs } from './host.ts';
import type { BoundTo, InventoryLook, Look, MemberLook, PoolerLook, RestAnswer } from './look.ts';
import type { Delivery, Message } from './messenger.ts';
import type { WebAct } from './web.ts';

/** What apply and rollback get: everything of Look, and hands. */
export interface Act<P = unknown> extends Look<P> {
  primary(): Promise<MemberAct>;
  member(name: string): Promise<MemberAct>;
  members(): Promise<readonly MemberAct[]>;
  poolers(): Promise<readonly PoolerAct[]>;
  readonly provider: Look['provider'] & BoundTo<ProviderChange>;
  readonly inventory: InventoryAct;
  readonly host: Runs;
  readonly web: WebAct;
  /** Delivers one message to each target, a few times until it is taken. Errors: NOTIFICATION_UNKNOWN. */
  notify(to: readonly string[], message: Message): Promise<readonly Delivery[]>;
  progress(now: Progress): void;
}

export interface MemberAct extends MemberLook, Runs {
  /** One statement outside a read-only session; values are bound. Every call of a verb uses the same session. */
  execute(statement: string, values?: readonly unknown[], database?: string): Promise<Executed>;
  /** One unsafe call, never repeated. Aborting `signal` ends the waiting, not what was asked for. */
  send(
    method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    options?: { readonly signal?: AbortSignal },
  ): Promise<RestAnswer>;
  /** Has its Patroni run its loop now, changing nothing. Errors: PATRONI_UNREACHABLE, PATRONI_ANSWER, AUTH_FAILED. */
  wake(): Promise<void>;
  exec(argv: readonly string[], options: Omit<ExecOptions, 'signal'>): Promise<ExecResult>;
  writeFile(path: string, content: string, options: WriteOptions): Promise<void>;
}

export interface Executed {
  readonly rows: readonly Record<string, unknown>[];
  /** Rows returned or changed; null for commands that count nothing. */
  readonly count: number | null;
}

export interface PoolerAct extends PoolerLook {
  /**
   * One command of the console, such as RELOAD. PAUSE answers when the last transaction has ended; aborting `signal`
   * closes its connection (CONNECTION_LOST), which does not take the PAUSE back.
   */
  command(text: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Replaces its target file. It takes effect with the next RELOAD, also while paused. */
  pointAt(address: Address): Promise<void>;
  /** One writing statement through the pool, as the application role. Reconnects when the last one broke. */
  execute(statement: string, values?: readonly unknown[], database?: string): Promise<void>;
}

export interface InventoryAct extends InventoryLook {
  /** Adds the cluster or replaces the entry of the same id. Errors: CLUSTER_SPEC_DIFFERS when the name is another's. */
  register(cluster: Cluster): Promise<void>;
  /** Removes the entry of this id; nothing when there is none. */
  forget(id: string): Promise<void>;
}

export interface Progress {
  readonly done?: number;
  readonly total?: number;
  readonly unit?: 'bytes' | 'items';
  readonly note?: string;
}
