import type { RunReport } from '../../engine/report.ts';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Invocation, Outcome, PlainCommand } from '../invocation.ts';
import { followProgress } from '../progress.ts';
import { reportedRun } from '../reported-run.ts';

const command: PlainCommand = {
  define: (cli) => {
    cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`');
    cli.option('--events', 'stream the journal as NDJSON on stdout, the answer last');
  },
  examples: ['pgdba runs tail last', 'pgdba runs tail last --events | jq .type'],
  async run(invocation) {
    const { services, operands, io } = invocation;
    const store = await services.store();
    const run = await store.resolve(operands[0] ?? 'last');
    const leaving = new AbortController();
    const leave = (): void => leaving.abort();
    for (const signal of signals) io.signals.on(signal, leave);
    try {
      return await follow(invocation, run, leaving.signal);
    } finally {
      for (const signal of signals) io.signals.off(signal, leave);
    }
  },
};
export default command;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Shows what the run's own terminal shows, and ends as it does. Ctrl-C ends only the looking. */
async function follow(invocation: Invocation, run: string, signal: AbortSignal): Promise<Outcome> {
  const store = await invocation.services.store();
  const summary = await store.summary(run);
  // The clock of a run that is over is its journal's: what it took then is shown, not what reading it takes now.
  let clock = Date.parse(summary?.started_at ?? new Date().toISOString());
  let isLive = false;
  const now = (): number => (isLive ? Math.max(clock, Date.now()) : clock);
  const progress = await followProgress(invocation, now);
  isLive = summary?.status === 'running';
  let report: RunReport | null = null;
  try {
    for await (const record of store.follow(run, signal)) {
      clock = Date.parse(record.ts);
      progress.observer.onRecord(record);
    }
    if (signal.aborted) throw left(run);
    report = await reportedRun(store, run);
    return { report };
  } finally {
    await progress.end(report);
  }
}

function left(run: string): PgdbaError {
  return new PgdbaError('INTERRUPTED', { hint: `only the looking has ended; look again with: pgdba runs tail ${run}` });
}
