import type { ClusterAnswer, MemberAnswer } from '../clients/patroni-answers.ts';
import { readCluster, readMember } from '../clients/patroni-answers.ts';
import { describe } from '../errors/pgdba-error.ts';
import type { MemberLook, Topology, TopologyMember } from '../step/index.ts';

/** What one member said; `null` where it did not answer. */
interface Testimony {
  readonly member: MemberLook;
  /** Unix time in ms. */
  readonly heardAt: number;
  readonly patroni: MemberAnswer | null;
  readonly scheduledRestart: string | null;
  readonly silence: string | null;
  readonly recovering: boolean | null;
  readonly sqlProblem: string | null;
}

/** Patroni looks at least once per loop_wait, 10 s unless configured otherwise; its ttl is 30 s. */
const dcsPatienceS = 22;

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
  const [senders, listed] = await Promise.all([primary ? readSenders(primary.member) : [], readListed(testimonies)]);
  const described = testimonies.map((testimony) => describeMember(testimony, listed, senders, primary));
  const paused = testimonies.some(({ patroni }) => patroni?.pause === true);
  const reasons = [
    ...(paused ? ['management is paused'] : []),
    ...leaderReasons(primaries, members.length),
    ...testimonies.flatMap((testimony) => memberReasons(testimony, described, senders, primary)),
  ];
  return {
    primary: primary?.member.name ?? null,
    leader: listed?.members.find(({ role }) => role === 'leader' || role === 'standby_leader')?.name ?? null,
    timeline: primary?.patroni?.timeline ?? null,
    scheduled_switchover: inWords(listed?.scheduled_switchover ?? null),
    paused,
    healthy: reasons.length === 0,
    reasons,
    members: described,
  };
}

async function hear(member: MemberLook): Promise<Testimony> {
  const [patroni, recovery] = await Promise.allSettled([
    member.get('/patroni').then(({ body }) => ({ said: readMember(body, member.name), scheduled: scheduledIn(body) })),
    member.sql<{ recovering: boolean }>('select pg_catalog.pg_is_in_recovery() as recovering'),
  ]);
  return {
    member,
    heardAt: Date.now(),
    patroni: patroni.status === 'fulfilled' ? patroni.value.said : null,
    scheduledRestart: patroni.status === 'fulfilled' ? patroni.value.scheduled : null,
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
async function readListed(testimonies: readonly Testimony[]): Promise<ClusterAnswer | null> {
  for (const { member, patroni } of testimonies) {
    if (!patroni) continue;
    const listed = await member.get('/cluster').then(
      ({ body }) => readCluster(body, member.name),
      () => null,
    );
    if (listed) return listed;
  }
  return null;
}

/** `scheduled_restart: {schedule, …}` of GET /patroni. */
function scheduledIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('scheduled_restart' in body)) return null;
  const { scheduled_restart: scheduled } = body;
  if (typeof scheduled !== 'object' || scheduled === null || !('schedule' in scheduled)) return null;
  return String(scheduled.schedule);
}

function inWords(scheduled: ClusterAnswer['scheduled_switchover']): string | null {
  if (!scheduled) return null;
  const { at, from, to } = scheduled;
  return `${from ?? 'the leader'} to ${to ?? 'any standby'} at ${at ?? 'an unknown time'}`;
}

function describeMember(
  { member, patroni, scheduledRestart, silence, recovering, sqlProblem }: Testimony,
  listed: ClusterAnswer | null,
  senders: readonly Sender[],
  primary: Testimony | undefined,
): TopologyMember {
  const { name, host, port } = member;
  const entry = listed?.members.find((candidate) => candidate.name === name);
  const isPrimary = primary?.member.name === name;
  return {
    name,
    role: roleOf(entry, isPrimary, patroni),
    state: patroni ? (entry?.state ?? patroni.replication_state ?? patroni.state ?? 'unknown') : 'unreachable',
    host,
    port,
    timeline: patroni?.timeline ?? entry?.timeline ?? null,
    lag: isPrimary ? 0 : (entry?.lag ?? senderLag(senders, name)),
    accepts_writes: recovering === null ? null : !recovering,
    streaming: primary ? senders.some((sender) => sender.application_name === name && isStreaming(sender)) : null,
    replay_paused: patroni?.xlog.replay_paused ?? null,
    tags: patroni?.tags ?? entry?.tags ?? {},
    pending_restart: patroni?.pending_restart ?? entry?.pending_restart ?? false,
    scheduled_restart: scheduledRestart,
    problem: silence ?? sqlProblem,
  };
}

function isStreaming({ state }: Sender): boolean {
  return state === 'streaming';
}

/** `/cluster` is up to one loop old: a member that accepts writes is the leader, and no other one is. */
function roleOf(
  entry: ClusterAnswer['members'][number] | undefined,
  isPrimary: boolean,
  patroni: MemberAnswer | null,
): string {
  const listed = entry?.role ?? (patroni?.role === 'replica' ? 'replica' : 'unknown');
  if (isPrimary) return listed === 'standby_leader' ? listed : 'leader';
  return listed === 'leader' && patroni?.role === 'replica' ? 'replica' : listed;
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
  { member, heardAt, patroni, silence, sqlProblem }: Testimony,
  described: readonly TopologyMember[],
  senders: readonly Sender[],
  primary: Testimony | undefined,
): string[] {
  const { name } = member;
  if (!patroni) return [`${name}: ${silence}`];
  if (sqlProblem !== null) return [`${name}: ${patroni.state ?? 'no state'}; ${sqlProblem}`];
  const blind = patroni.dcs_last_seen === null ? 0 : heardAt / 1000 - patroni.dcs_last_seen;
  if (blind > dcsPatienceS) return [`${name}: has not seen the DCS for ${Math.round(blind)} s`];
  if (!primary || name === primary.member.name) return [];
  const self = described.find((candidate) => candidate.name === name);
  const sender = senders.find((candidate) => candidate.application_name === name);
  if (sender?.state !== 'streaming') return [`${name}: not streaming from ${primary.member.name}`];
  // A leader whose Patroni is silent is a reason of its own; its timeline is then not known.
  if (primary.patroni && self?.timeline !== primary.patroni.timeline) {
    return [`${name}: on timeline ${self?.timeline}, the leader on ${primary.patroni.timeline}`];
  }
  return self?.lag === null ? [`${name}: its lag is unknown`] : [];
}
