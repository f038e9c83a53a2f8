import type { MemberAnswer } from '../clients/patroni-answers.ts';
import { type ClusterMember, readCluster } from '../clients/patroni-answers.ts';
import { describe } from '../errors/pgdba-error.ts';
import type { MemberLook, Topology, TopologyMember } from '../step/index.ts';

/** What one member said; `null` where it did not answer. */
interface Testimony {
  readonly member: MemberLook;
  readonly patroni: MemberAnswer | null;
  readonly silence: string | null;
  readonly recovering: boolean | null;
  readonly sqlProblem: string | null;
}

interface Sender {
  readonly application_name: string;
  readonly state: string;
  readonly lag: string | null;
}

/**
 * Asks every member by Patroni and by SQL, the primary for its senders, and any member for `/cluster`. A member that
 * does not answer makes the cluster unhealthy, never the question fail.
 */
export async function readTopology(members: readonly MemberLook[]): Promise<Topology> {
  const testimonies = await Promise.all(members.map(hear));
  const primaries = testimonies.filter(({ recovering }) => recovering === false);
  const primary = primaries.length === 1 ? primaries[0] : undefined;
  const senders = primary ? await readSenders(primary.member) : [];
  const listed = await readListed(testimonies);
  const described = testimonies.map((testimony) => describeMember(testimony, listed, senders, primary));
  const paused = testimonies.some(({ patroni }) => patroni?.pause === true);
  const reasons = [
    ...(paused ? ['management is paused'] : []),
    ...leaderReasons(primaries, members.length),
    ...testimonies.flatMap((testimony) => memberReasons(testimony, described, senders, primary)),
  ];
  return {
    primary: primary?.member.name ?? null,
    paused,
    healthy: reasons.length === 0,
    reasons,
    members: described,
  };
}

async function hear(member: MemberLook): Promise<Testimony> {
  const [patroni, recovery] = await Promise.allSettled([
    member.patroni(),
    member.sql<{ recovering: boolean }>('select pg_catalog.pg_is_in_recovery() as recovering'),
  ]);
  return {
    member,
    patroni: patroni.status === 'fulfilled' ? patroni.value : null,
    silence: patroni.status === 'rejected' ? describe(patroni.reason) : null,
    recovering: recovery.status === 'fulfilled' ? (recovery.value[0]?.recovering ?? null) : null,
    sqlProblem: recovery.status === 'rejected' ? describe(recovery.reason) : null,
  };
}

async function readSenders(primary: MemberLook): Promise<Sender[]> {
  const text = `select application_name, state,
      pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::bigint::text as lag
    from pg_catalog.pg_stat_replication`;
  return primary.sql<Sender>(text).catch(() => []);
}

/** `/cluster` is one member's view of the DCS: the first that answers will do, it decides nothing about health. */
async function readListed(testimonies: readonly Testimony[]): Promise<readonly ClusterMember[]> {
  for (const { member, patroni } of testimonies) {
    if (!patroni) continue;
    const listed = await member.get('/cluster').then(
      ({ body }) => readCluster(body, member.name).members,
      () => null,
    );
    if (listed) return listed;
  }
  return [];
}

function describeMember(
  { member, patroni, recovering }: Testimony,
  listed: readonly ClusterMember[],
  senders: readonly Sender[],
  primary: Testimony | undefined,
): TopologyMember {
  const { name, host, port } = member;
  const entry = listed.find((candidate) => candidate.name === name);
  const isPrimary = primary?.member.name === name;
  return {
    name,
    role: entry?.role ?? (isPrimary ? 'leader' : patroni?.role === 'replica' ? 'replica' : 'unknown'),
    state: patroni ? (entry?.state ?? patroni.replication_state ?? patroni.state ?? 'unknown') : 'unreachable',
    host,
    port,
    timeline: patroni?.timeline ?? entry?.timeline ?? null,
    lag: isPrimary ? 0 : (entry?.lag ?? senderLag(senders, name)),
    accepts_writes: recovering === null ? null : !recovering,
  };
}

function senderLag(senders: readonly Sender[], name: string): number | null {
  const lag = senders.find((sender) => sender.application_name === name)?.lag;
  return lag === undefined || lag === null ? null : Math.max(0, Number(lag));
}

function leaderReasons(primaries: readonly Testimony[], count: number): string[] {
  if (primaries.length === 1) return [];
  if (primaries.length === 0) return [`none of ${count} members accepts writes`];
  return [`more than one member accepts writes: ${primaries.map(({ member }) => member.name).join(', ')}`];
}

function memberReasons(
  { member, patroni, silence, sqlProblem }: Testimony,
  described: readonly TopologyMember[],
  senders: readonly Sender[],
  primary: Testimony | undefined,
): string[] {
  const { name } = member;
  if (!patroni) return [`${name}: ${silence}`];
  if (sqlProblem !== null) return [`${name}: ${patroni.state ?? 'no state'}; ${sqlProblem}`];
  if (!primary || name === primary.member.name) return [];
  const self = described.find((candidate) => candidate.name === name);
  const sender = senders.find((candidate) => candidate.application_name === name);
  if (sender?.state !== 'streaming') return [`${name}: not streaming from ${primary.member.name}`];
  if (self?.timeline !== primary.patroni?.timeline) {
    return [`${name}: on timeline ${self?.timeline}, the leader on ${primary.patroni?.timeline}`];
  }
  return self?.lag === null ? [`${name}: its lag is unknown`] : [];
}
