import { defineStep, describe, type MemberLook, PgdbaError, pending, satisfied, Type } from '../../src/step/index.ts';
import { standingOf } from './standing.ts';

export default defineStep({
  id: 'postgres.wait-streaming',
  version: 1,
  since: '0.2.0',
  summary: 'Wait until a member streams from the primary on its timeline, as both of them say.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({ member: Type.Member() }),
  result: Type.Object({
    member: Type.String(),
    primary: Type.String(),
    timeline: Type.Integer(),
    lag: Type.Integer({ description: 'Bytes that it has not replayed yet.' }),
  }),
  settle: { every: '250ms' },
  examples: [{ title: 'After a switchover', with: { member: 'n1' } }],

  async check(look) {
    const member = await look.member(look.params.member);
    const primary = await look.primary().catch((thrown: unknown) => {
      if (thrown instanceof PgdbaError && thrown.class === 'transient') return null;
      throw thrown;
    });
    const next = `if it stays so: pgdba cluster status --name ${look.target.name}, and the log of ${member.name}`;
    if (!primary) return pending(`no member accepts writes; ${next}`);
    if (primary.name === member.name) {
      throw new PgdbaError('PRIMARY_MOVED', {
        facts: { primary: primary.name, expected: 'another member' },
        hint: `it became the primary again; look at the cluster: pgdba cluster status --name ${look.target.name}`,
      });
    }
    const [lag, { timeline }, own] = await Promise.all([
      readLag(primary, member.name),
      standingOf(primary),
      readOwn(member),
    ]);
    const why =
      own.problem ??
      (lag === null ? `${primary.name} does not stream to it (it is ${own.state})` : null) ??
      (own.timeline === timeline ? null : `it is on timeline ${own.timeline}, ${primary.name} on ${timeline}`);
    if (why !== null || timeline === null) return pending(`${member.name}: ${why}; ${next}`);
    return satisfied({ member: member.name, primary: primary.name, timeline, lag: lag ?? 0 });
  },
});

/** As the primary says; null when it does not stream to this member, or knows no replay position of it. */
async function readLag(primary: MemberLook, member: string): Promise<number | null> {
  const [row] = await primary.sql<{ lag: string | null }>(
    `select greatest(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn), 0)::bigint::text as lag
       from pg_catalog.pg_stat_replication where application_name = $1 and state = 'streaming'`,
    [member],
  );
  return row?.lag === undefined || row.lag === null ? null : Number(row.lag);
}

/** As its own PostgreSQL and Patroni say. One after the other: while PostgreSQL is down, Patroni is slow to answer. */
async function readOwn(member: MemberLook) {
  try {
    const standing = await standingOf(member);
    const said = await member.patroni();
    const state = said.state ?? 'unknown';
    const problem = standing.accepts_writes ? 'it accepts writes itself' : null;
    return { state, timeline: standing.timeline ?? said.timeline, problem };
  } catch (thrown) {
    return { state: 'unreachable', timeline: null, problem: describe(thrown) };
  }
}
