/** A cluster as each of its members tells it, by Patroni and by SQL. */
export interface Topology {
  /** The one member that accepts writes; null when there is none, or more than one. */
  readonly primary: string | null;
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
}
