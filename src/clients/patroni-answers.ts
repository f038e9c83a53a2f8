import { PgdbaError } from '../errors/pgdba-error.ts';

/** GET /patroni of one member. What a member does not say is null. */
export interface MemberAnswer {
  /** Patroni's word, with master and primary as one: primary, replica, standby_leader, demoted, uninitialized, … */
  readonly role: string | null;
  /** Patroni's own word: `master` up to 3.3, `primary` from 4.0. */
  readonly patroni_role: string | null;
  readonly state: string | null;
  /** `streaming`, `in archive recovery`; null before Patroni 3.0.4 and on a primary. */
  readonly replication_state: string | null;
  readonly timeline: number | null;
  readonly server_version: number | null;
  /** WAL positions in bytes; text, because they may exceed 2^53. */
  readonly xlog: XlogPositions;
  readonly pause: boolean;
  /** Unix time in whole seconds at which it last read the DCS; null before Patroni 2.1. */
  readonly dcs_last_seen: number | null;
  readonly cluster_unlocked: boolean;
  readonly pending_restart: boolean;
  readonly database_system_identifier: string | null;
  readonly scope: string | null;
  /** From Patroni 3.2 on. */
  readonly name: string | null;
  readonly patroni_version: string | null;
  readonly tags: Readonly<Record<string, unknown>>;
}

export interface XlogPositions {
  /** primary only */
  readonly location: string | null;
  readonly received: string | null;
  readonly replayed: string | null;
  readonly replay_paused: boolean | null;
}

/** GET /cluster. */
export interface ClusterAnswer {
  readonly members: readonly ClusterMember[];
  readonly pause: boolean;
  readonly scheduled_switchover: {
    readonly at: string | null;
    readonly from: string | null;
    readonly to: string | null;
  } | null;
  /** null on Patroni 3.0, which does not say it. */
  readonly scope: string | null;
}

export interface ClusterMember {
  readonly name: string;
  /** Patroni's word: leader, standby_leader, sync_standby, quorum_standby, replica. */
  readonly role: string;
  readonly state: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly api_url: string | null;
  readonly timeline: number | null;
  /** Bytes behind the leader; 0 for the leader itself; null when Patroni does not know. Never read null as 0. */
  readonly lag: number | null;
  readonly pending_restart: boolean;
  readonly tags: Readonly<Record<string, unknown>>;
}

/** Errors: PATRONI_ANSWER when the answer is not an object; any field may be missing. */
export function readMember(body: unknown, server = 'the member'): MemberAnswer {
  const answer = objectOf(body, server, 'GET /patroni');
  const xlog = recordOf(answer.xlog);
  const patroni = recordOf(answer.patroni);
  const role = textOf(answer.role);
  return {
    role: role === 'master' ? 'primary' : role,
    patroni_role: role,
    state: textOf(answer.state),
    replication_state: textOf(answer.replication_state),
    timeline: integerOf(answer.timeline),
    server_version: integerOf(answer.server_version),
    xlog: {
      location: positionOf(xlog.location),
      received: positionOf(xlog.received_location),
      replayed: positionOf(xlog.replayed_location),
      replay_paused: typeof xlog.paused === 'boolean' ? xlog.paused : null,
    },
    pause: answer.pause === true,
    dcs_last_seen: integerOf(answer.dcs_last_seen),
    cluster_unlocked: answer.cluster_unlocked === true,
    pending_restart: answer.pending_restart === true,
    database_system_identifier: textOf(answer.database_system_identifier),
    scope: textOf(patroni.scope),
    name: textOf(patroni.name),
    patroni_version: textOf(patroni.version),
    tags: recordOf(answer.tags),
  };
}

/** Errors: PATRONI_ANSWER when the answer is not an object; a member without a name is left out. */
export function readCluster(body: unknown, server = 'the member'): ClusterAnswer {
  const answer = objectOf(body, server, 'GET /cluster');
  const members = Array.isArray(answer.members) ? answer.members : [];
  const scheduled = answer.scheduled_switchover;
  return {
    members: members.map(recordOf).flatMap(readClusterMember),
    pause: answer.pause === true,
    scheduled_switchover: isRecord(scheduled)
      ? { at: textOf(scheduled.at), from: textOf(scheduled.from), to: textOf(scheduled.to) }
      : null,
    scope: textOf(answer.scope),
  };
}

function readClusterMember(member: Record<string, unknown>): ClusterMember[] {
  const name = textOf(member.name);
  if (name === null) return [];
  const role = textOf(member.role) ?? 'unknown';
  return [
    {
      name,
      role,
      state: textOf(member.state) ?? 'unknown',
      host: textOf(member.host),
      port: integerOf(member.port),
      api_url: textOf(member.api_url),
      timeline: integerOf(member.timeline),
      lag: role === 'leader' || role === 'standby_leader' ? 0 : integerOf(member.lag),
      pending_restart: member.pending_restart === true,
      tags: recordOf(member.tags),
    },
  ];
}

function objectOf(body: unknown, server: string, request: string): Record<string, unknown> {
  if (isRecord(body)) return body;
  throw new PgdbaError('PATRONI_ANSWER', {
    facts: { server, request, status: 200, problem: 'the answer is not a JSON object' },
    hint: 'check that this address is a Patroni REST API and not a proxy or another program',
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function integerOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

function positionOf(value: unknown): string | null {
  return typeof value === 'number' ? BigInt(Math.trunc(value)).toString() : textOf(value);
}
