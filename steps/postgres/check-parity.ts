import { defineStep, type MemberLook, PgdbaError, satisfied, Type } from '../../src/step/index.ts';

/** Where a standby has less than its primary, sessions or transactions that worked before would fail after a handover. */
const settings = [
  'max_connections',
  'max_locks_per_transaction',
  'max_prepared_transactions',
  'max_wal_senders',
  'max_worker_processes',
] as const;

export default defineStep({
  id: 'postgres.check-parity',
  version: 1,
  since: '0.2.0',
  summary: 'Refuse a candidate that can carry less than the primary: connections, workers, senders, locks.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({ candidate: Type.Member() }),
  result: Type.Object({
    settings: Type.Array(Type.Object({ name: Type.String(), primary: Type.Integer(), candidate: Type.Integer() })),
  }),
  examples: [{ title: 'One standby', with: { candidate: 'n2' } }],

  async check(look) {
    const [primary, candidate] = await Promise.all([look.primary(), look.member(look.params.candidate)]);
    const [ours, theirs] = await Promise.all([readSettings(primary), readSettings(candidate)]);
    const compared = settings.map((name) => ({
      name,
      primary: ours.get(name) ?? 0,
      candidate: theirs.get(name) ?? 0,
    }));
    const lower = compared.filter((setting) => setting.candidate < setting.primary);
    if (lower.length === 0) return satisfied({ settings: compared });
    throw new PgdbaError('PARITY_MISSING', {
      facts: {
        member: candidate.name,
        primary: primary.name,
        settings: lower.map((setting) => `${setting.name} ${setting.candidate} < ${setting.primary}`),
      },
      hint: `find where ${candidate.name} gets them (pg_settings.source), make them equal in Patroni's configuration and restart it`,
    });
  },
});

async function readSettings(member: MemberLook): Promise<ReadonlyMap<string, number>> {
  const text = 'select name, setting::pg_catalog.int4 as value from pg_catalog.pg_settings where name = any($1)';
  const rows = await member.sql<{ name: string; value: number }>(text, [settings]);
  return new Map(rows.map(({ name, value }) => [name, value]));
}
