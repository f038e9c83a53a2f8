/** A cluster as each of its members tells it, by Patroni and by SQL. */
export interface Topology {
  /** The one member that accepts writes; null when there is none, or more than one. */
  readonly primary: string | null;
  /** The member that Patroni calls its leader; null when there is none, or nobody could be asked. */
  readonly leader: string | null;
  /** Of the primary, as its own Patroni says. */
  readonly timeline: number | null;
  /** A switchover that waits for its time, in words: `n1 to n2 at 2026-08-01T03:00:00+00:00`. */
  readonly scheduled_switchover: string | null;
  /** Patroni's management is paused. */
  readonly paused: boolean;
  /** One leader accepts writes, every member streams from it on its timeline with a known lag, and nothing is paused. */
  readonly healthy: boolean;
  /** Why not, in plain words; empty when healthy. */
  readonly reasons: readonly string[];
  readonly members: readonly TopologyMember[];
}

export interface TopologyMember {
  readonly name: string;
  /** Patroni's word (leader, replica, sync_standby, …); `unknown` when nobody knows it. */
  readonly role: string;
  /** Patroni's word (running, streaming, stopped, …); `unreachable` when its Patroni does not answer. */
  readonly state: string;
  readonly host: string;
  readonly port: number;
  readonly timeline: number | null;
  /** Bytes behind the leader; 0 for the leader; null when unknown, which is never read as 0. */
  readonly lag: number | null;
  /** By SQL: true when it is no standby; null when it does not answer. */
  readonly accepts_writes: boolean | null;
  /** The primary says that this member streams from it; null when no primary could be asked. */
  readonly streaming: boolean | null;
  /** Standby only: its replay is held still. Null when unknown. */
  readonly replay_paused: boolean | null;
  /** Patroni's tags, such as nofailover. */
  readonly tags: Readonly<Record<string, unknown>>;
  /** A setting waits for the next restart. */
  readonly pending_restart: boolean;
  /** When Patroni will restart it by itself; null when it will not. */
  readonly scheduled_restart: string | null;
  /** What it does not answer, in words; null when its Patroni and its PostgreSQL both do. */
  readonly problem: string | null;
}
