import {
  change,
  defineStep,
  describe,
  formatDuration,
  type Look,
  PgdbaError,
  type PoolerAct,
  satisfied,
  Type,
  undone,
} from '../../src/step/index.ts';
import { readPauseState } from './pause-state.ts';
import { isRefusal, resumeAll } from './resume.ts';

const params = Type.Object({
  within: Type.Duration({ description: 'Time for running transactions to end.' }),
  longest: Type.Optional(Type.Duration({ description: 'How long clients may be held at most [10s].' })),
});

export default defineStep({
  id: 'pgbouncer.pause',
  version: 1,
  since: '0.2.0',
  summary: 'Hold the clients of every pooler between two transactions: all poolers within the time, or none.',
  effect: 'hold',
  risk: 'disruptive',
  params,
  result: Type.Object({ poolers: Type.Array(Type.String()) }),
  memo: Type.Object({ poolers: Type.Array(Type.String()), longest_ms: Type.Integer() }),
  settle: { every: '20ms', within: '2s' },
  examples: [{ title: 'Five seconds to come to rest', with: { within: '5s' } }],

  async check(look) {
    const poolers = await look.poolers();
    const states = await Promise.all(poolers.map((pooler) => readPauseState(look, pooler)));
    const names = poolers.map(({ name }) => name);
    if (states.every((state) => state === 'paused')) return satisfied({ poolers: names });
    // Opens the connections that are needed while clients are held. Whether there is a primary is no matter here: a run
    // that is resumed in the middle of a switchover holds clients because there is none.
    await look.primary().catch(() => undefined);
    const { within, longest = 10_000 } = look.params;
    return change(
      `hold the clients of ${names.join(', ')} (${formatDuration(within)} to come to rest, ${formatDuration(longest)} at most)`,
      { poolers: names, longest_ms: longest },
      { predicted: { poolers: names } },
    );
  },

  // PAUSE answers when the last transaction has ended. Given up, it stays in force until a RESUME.
  async apply(act, memo) {
    const poolers = await chosen(act, memo.poolers);
    const failure = new AbortController();
    const signal = AbortSignal.any([failure.signal, AbortSignal.timeout(act.params.within)]);
    const outcomes = await Promise.all(
      poolers.map(async (pooler) => {
        try {
          await pause(pooler, signal);
          return null;
        } catch (thrown) {
          failure.abort();
          return { name: pooler.name, thrown };
        }
      }),
    );
    const failed = outcomes.filter((outcome) => outcome !== null);
    if (failed.length === 0) return;
    const refused = failed.find(({ thrown }) => isRefusal(thrown));
    await resumeAll(poolers);
    if (refused) throw refused.thrown;
    throw await tooBusy(
      act,
      failed.map(({ name }) => name),
    );
  },

  async rollback(act, memo) {
    await resumeAll(await chosen(act, memo.poolers));
    return undone;
  },

  guardOrder: (memo) => ({ kind: 'pooler-resume', poolers: memo.poolers, within_ms: memo.longest_ms }),
});

async function chosen(act: { poolers(): Promise<readonly PoolerAct[]> }, names: readonly string[]) {
  return (await act.poolers()).filter(({ name }) => names.includes(name));
}

async function pause(pooler: PoolerAct, signal: AbortSignal): Promise<void> {
  try {
    await pooler.command('PAUSE', { signal });
  } catch (thrown) {
    if (!isRefusal(thrown) || !/already/i.test(String(thrown.facts['problem']))) throw thrown;
  }
}

/** Names the oldest transaction, for that is what kept the pooler busy. */
async function tooBusy(look: Look<{ within: number }>, poolers: readonly string[]): Promise<PgdbaError> {
  const text = `
    select pid, usename as who, application_name as application from pg_catalog.pg_stat_activity
     where backend_type = 'client backend' and xact_start is not null and pid <> pg_catalog.pg_backend_pid()
     order by xact_start limit 1`;
  const oldest = await look
    .primary()
    .then((primary) => primary.sql<{ pid: number; who: string; application: string }>(text))
    .then(
      ([row]) => (row ? `pid ${row.pid} of ${row.who} (${row.application || 'no application_name'})` : 'none is left'),
      describe,
    );
  return new PgdbaError('POOLER_BUSY', {
    facts: { within: formatDuration(look.params.within), poolers, oldest_transaction: oldest },
    hint: `all clients go on as before; let the oldest transaction end (${oldest}), then run it again`,
  });
}
