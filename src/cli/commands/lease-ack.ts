import { join } from 'node:path';
import { acknowledge } from '../../engine/lease/acknowledge.ts';
import { leaseRoot } from '../../engine/lease/lease-paths.ts';
import { leaseDirectories, listLeases, pathsIn } from '../../engine/lease/list-leases.ts';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import { actorOf } from '../../inventory/actor.ts';
import type { JournalStore } from '../../journal/store.ts';
import { givenReason } from '../given-reason.ts';
import type { PlainCommand } from '../invocation.ts';
import { refuseCheck } from '../refuse-check.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<run>', 'the run whose rollback failed: its id or any unique part of it'),
  examples: ['pgdba lease ack last:demo --reason "slot removed by hand, cluster is healthy"'],
  async run(invocation) {
    refuseCheck(invocation, 'pgdba lease list --format table');
    const { services, home, io, operands } = invocation;
    const reason = givenReason(invocation, 'an acknowledgement');
    const run = await failedRun(await services.store(), home, operands[0] ?? '');
    const by = actorOf(io.env);
    const kept = leaseDirectories(home).flatMap((name) => {
      const line = acknowledge(pathsIn(home, name), { run, by, reason });
      return line ? [{ line, file: join(leaseRoot(home), name, 'acks.jsonl') }] : [];
    });
    const [first] = kept;
    if (!first) {
      throw new PgdbaError('USAGE', {
        facts: { problem: `run ${run} keeps no cluster locked` },
        hint: 'see what does: pgdba lease list --format table',
      });
    }
    const { why, since } = first.line;
    return { data: { run, by, reason, locked_since: since, why, kept_in: kept.map(({ file }) => file) } };
  },
};
export default command;

/** Only a failed rollback can be acknowledged. One whose journal is lost is known by what it left locked alone. */
async function failedRun(store: JournalStore, home: string, text: string): Promise<string> {
  const lost = listLeases(home).find(({ state, run }) => state === 'quarantined' && run === text);
  const run = await store.resolve(text).catch((thrown: unknown) => {
    if (lost && thrown instanceof PgdbaError && thrown.code === 'RUN_UNKNOWN') return null;
    throw thrown;
  });
  if (run === null) return text;
  const status = (await store.summary(run))?.status;
  if (status === 'running') {
    throw new PgdbaError('USAGE', {
      facts: { problem: `run ${run} is being driven at this moment` },
      hint: `wait for its end: pgdba runs show ${run}`,
    });
  }
  const records = await store.read(run);
  if (records.some(({ type, data }) => type === 'rollback.ended' && data.outcome === 'failed')) return run;
  throw new PgdbaError('USAGE', {
    facts: { problem: `the rollback of run ${run} has not failed: it is ${status ?? 'unknown'}` },
    hint: `see how it stands: pgdba runs show ${run}`,
  });
}
