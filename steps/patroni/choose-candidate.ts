import {
  defineStep,
  formatBytes,
  type Look,
  type MemberLook,
  PgdbaError,
  satisfied,
  type Topology,
  type TopologyMember,
  Type,
} from '../../src/step/index.ts';
import { type HandoverConfig, readHandoverConfig } from './dynamic-config.ts';

const params = Type.Object({
  candidate: Type.Optional(Type.Member({ description: 'Without it the least lagging healthy standby.' })),
  max_lag: Type.Bytes({ description: "How far behind it may be; Patroni's own limit counts too." }),
});

export default defineStep({
  id: 'patroni.choose-candidate',
  version: 1,
  since: '0.2.0',
  summary: 'Choose the standby that becomes the primary, or prove that the one named is fit for it.',
  effect: 'none',
  risk: 'read-only',
  params,
  result: Type.Object({
    member: Type.String(),
    lag: Type.Integer({ description: 'Bytes behind the primary at this moment.' }),
  }),
  examples: [{ title: 'The least lagging one', with: { max_lag: '1MiB' } }],

  async check(look) {
    const { candidate, max_lag } = look.params;
    if (candidate !== undefined) await look.member(candidate);
    const primary = await look.primary();
    const [topology, config, lags] = await Promise.all([
      look.topology(),
      readHandoverConfig(primary),
      readReplayLags(primary),
    ]);
    const limit = Math.min(max_lag, config.maximum_lag);
    const standbys = topology.members
      .filter(({ name }) => name !== primary.name)
      .map((member) => {
        const lag = lags.get(member.name) ?? member.lag;
        return { name: member.name, lag, problems: problemsOf(member, primary.name, topology, config, lag, limit) };
      });
    if (candidate === primary.name) throw isPrimary(look, candidate);
    if (candidate !== undefined) return judged(look, standbys, candidate);
    const fit = standbys.filter(({ problems }) => problems.length === 0).sort((a, b) => (a.lag ?? 0) - (b.lag ?? 0));
    const [best] = fit;
    if (best) return satisfied({ member: best.name, lag: best.lag ?? 0 });
    throw new PgdbaError('NO_CANDIDATE', {
      facts: {
        cluster: look.target.name,
        problems: standbys.map(({ name, problems }) => `${name} ${problems.join(', ')}`),
      },
      hint: `bring one of them up to date first: pgdba cluster status --name ${look.target.name}`,
    });
  },
});

interface Standby {
  readonly name: string;
  readonly lag: number | null;
  readonly problems: readonly string[];
}

function judged(look: Look, standbys: readonly Standby[], candidate: string) {
  const standby = standbys.find(({ name }) => name === candidate);
  const problems = standby?.problems ?? ['is not a standby'];
  if (problems.length === 0) return satisfied({ member: candidate, lag: standby?.lag ?? 0 });
  const others = standbys.filter((other) => other.problems.length === 0).map(({ name }) => name);
  const instead =
    others.length > 0
      ? `take another: pgdba failover trigger --name ${look.target.name} --candidate ${others[0]}`
      : `see what it lacks: pgdba cluster status --name ${look.target.name}`;
  throw new PgdbaError('CANDIDATE_UNFIT', { facts: { member: candidate, problems }, hint: instead });
}

function isPrimary({ target }: Look, member: string): PgdbaError {
  return new PgdbaError('CANDIDATE_UNFIT', {
    facts: { member, problems: ['it is the primary already'] },
    hint: `name a standby, or none and pgdba chooses: pgdba failover trigger --name ${target.name}`,
  });
}

/** In words that follow the member's name. */
function problemsOf(
  member: TopologyMember,
  primary: string,
  topology: Topology,
  config: HandoverConfig,
  lag: number | null,
  limit: number,
): string[] {
  if (member.problem !== null) return [`does not answer: ${member.problem}`];
  const synchronous = member.role === 'sync_standby' || member.role === 'quorum_standby';
  const failover = member.tags['failover_priority'];
  return [
    ...(member.streaming === true ? [] : [`does not stream from ${primary} (it is ${member.state})`]),
    ...(member.timeline === topology.timeline
      ? []
      : [`is on timeline ${member.timeline ?? 'unknown'}, the primary on ${topology.timeline ?? 'unknown'}`]),
    ...(member.tags['nofailover'] === true || failover === 0 ? ['has the tag nofailover'] : []),
    ...(member.replay_paused === true ? ['does not replay: its replay is paused'] : []),
    ...(config.synchronous && !synchronous ? ['is not a synchronous standby, and the cluster promotes no other'] : []),
    // A lag nobody knows may be of any size.
    ...(lag === null ? ['has an unknown lag'] : []),
    ...(lag !== null && lag > limit ? [`is ${formatBytes(lag)} behind, more than ${formatBytes(limit)}`] : []),
  ];
}

/** By the primary itself: what Patroni publishes may be loop_wait seconds old. */
async function readReplayLags(primary: MemberLook): Promise<ReadonlyMap<string, number>> {
  const rows = await primary.sql<{ name: string; lag: string | null }>(`
    select application_name as name,
           greatest(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn), 0)::bigint::text as lag
      from pg_catalog.pg_stat_replication where state = 'streaming'`);
  return new Map(rows.flatMap(({ name, lag }) => (lag === null ? [] : [[name, Number(lag)] as const])));
}
