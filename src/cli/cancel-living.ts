import { requestCancel } from '../engine/cancel-request.ts';
import type { Cancellation } from '../engine/cancellation.ts';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { actorOf } from '../inventory/actor.ts';
import { forbiddenTasks } from './forbidden-tasks.ts';
import type { Invocation, Outcome } from './invocation.ts';
import { reportedRun } from './reported-run.ts';
import { quietMs, RunWatch } from './run-watch.ts';

/** A run that another process drives. */
export interface LivingRun {
  readonly run: string;
  readonly pid: number;
}

/**
 * Asks the process that drives a run to stop, and waits until it has let go of it. Null: that process died without
 * taking the request, nobody drives the run any more. Errors: CANCEL_PENDING when `--wait` is over.
 */
export async function cancelLiving(
  invocation: Invocation,
  { run, pid }: LivingRun,
  how: Cancellation['how'],
): Promise<Outcome | null> {
  const { services, globals, home, io } = invocation;
  const store = await services.store();
  const placed = requestCancel(home, run, { how, by: actorOf(io.env), why: globals.reason }, pid);
  if (!placed) return null;
  say(invocation, `asked process ${pid} to stop run ${run}`);
  if (globals.waitMs === 0) return { data: { id: run, status: 'running', asked: how ?? 'on_cancel' } };

  const watch = new RunWatch();
  const forbidden = await forbiddenTasks(invocation, run);
  const patience = globals.waitMs === null ? new AbortController().signal : AbortSignal.timeout(globals.waitMs);
  const soon = setTimeout(() => say(invocation, watch.sentence(forbidden)), quietMs);
  try {
    for await (const record of store.follow(run, patience)) watch.heard(record);
  } finally {
    clearTimeout(soon);
  }
  if (patience.aborted) throw stillWorking(run, watch.task(forbidden));
  if (placed.withdraw()) return null;
  const report = await reportedRun(store, run);
  const { error } = report;
  if (how !== 'rollback' || report.status !== 'interrupted' || !error) return { report };
  return { report: { ...report, error: { ...error, hint: `undo what it did with: pgdba runs rollback ${run}` } } };
}

function stillWorking(run: string, task: string | null): PgdbaError {
  return new PgdbaError('CANCEL_PENDING', {
    facts: { run, task: task ?? 'what it does before its first task' },
    hint: `the request stands; follow it with: pgdba runs tail ${run}`,
  });
}

function say({ globals, printer }: Invocation, sentence: string): void {
  if (!globals.quiet) printer.note(`${sentence}\n`);
}
