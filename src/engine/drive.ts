import type { ErrorData } from '../errors/pgdba-error.ts';
import { asPgdbaError, describe, PgdbaError } from '../errors/pgdba-error.ts';
import { formatDuration } from '../formats/duration.ts';
import { decide, nextRelease } from './decide.ts';
import type { DriveContext } from './drive-context.ts';
import type { EndedState, ParkedState, UnitState } from './run-state.ts';
import { unitKey } from './run-state.ts';
import { attemptTask } from './transitions/attempt-task.ts';
import { endRollback } from './transitions/end-rollback.ts';
import { endRun } from './transitions/end-run.ts';
import { expandLoop } from './transitions/expand-loop.ts';
import { recheckTask } from './transitions/recheck-task.ts';
import { reconcileTask } from './transitions/reconcile-task.ts';
import { closeHold, releaseHold } from './transitions/release-hold.ts';
import { runPrecheck } from './transitions/run-precheck.ts';
import { undoTask } from './transitions/undo-task.ts';

/** How the driver let go of a run: it ended, or it waits for somebody (and can be resumed). */
export type Left = { readonly ended: EndedState } | { readonly parked: ParkedState; readonly error: ErrorData };

/**
 * Works on a run until it ends or must be left. The same function starts a run (an empty journal), resumes it and
 * rolls it back: each turn folds the journal, decides the next transition and performs it.
 */
export async function drive(context: DriveContext, cancelled: AbortSignal): Promise<Left> {
  const rechecked = new Set<string>();
  const overtime = AbortSignal.timeout(context.playbook.timeout);
  const forward = AbortSignal.any([cancelled, overtime]);
  for (;;) {
    const { ended } = context.state;
    if (ended) return { ended };
    const undoCancelled = cancelled.aborted && context.playbook.on_cancel === 'rollback';
    const effectOf = (task: { uses: string }) => context.stepOf(task.uses).effect;
    const { playbook } = context;
    const next = decide(playbook, context.state, { playbook, effectOf, rechecked, undoCancelled });
    try {
      if (cancelled.aborted && !undoCancelled) throw cancelled.reason;
      switch (next.do) {
        case 'precheck':
          await runPrecheck(context, next.task, forward);
          break;
        case 'expand':
          await expandLoop(context, next.task);
          break;
        case 'attempt':
          await context.probes.before(context, next.unit.task.id);
          await attemptTask(context, next.unit, forward);
          break;
        case 'reconcile':
          await reconcileTask(context, next.unit, forward);
          break;
        case 'close-hold':
          await closeHold(context, next.unit, 'task', `task ${next.by} released it`);
          break;
        case 'release':
          await releaseHold(context, next.unit, next.task, next.why);
          break;
        case 'park':
          return await park(context, 'needs-decision', undecided(context, next.unit));
        case 'recheck': {
          const drift = await recheckTask(context, next.unit, forward);
          if (drift) return park(context, 'drift', drift);
          rechecked.add(unitKey(next.unit.task.id, next.unit.item?.key ?? null));
          break;
        }
        case 'begin-rollback':
          await context.append({ type: 'rollback.begun', data: { why: next.why } });
          break;
        case 'undo':
          await undoTask(context, next.unit, undoCancelled ? new AbortController().signal : cancelled);
          break;
        case 'end-rollback':
          await endRollback(context);
          break;
        case 'end':
          await context.probes.after(context, true);
          await endRun(context, next.status, next.error);
          continue;
      }
      await context.probes.after(context, context.state.rollback !== null);
    } catch (thrown) {
      if (overtime.aborted && !cancelled.aborted) return park(context, 'interrupted', ranTooLong(context));
      if (cancelled.aborted && !undoCancelled) return park(context, 'interrupted', interrupted(context, cancelled));
      if (cancelled.aborted && next.do !== 'undo') continue;
      if (asPgdbaError(thrown).class === 'journal') throw thrown;
      return park(context, 'interrupted', asPgdbaError(thrown));
    }
  }
}

/** Leaves the run to a later drive; whatever it held is released first. */
async function park(context: DriveContext, status: ParkedState['status'], error: PgdbaError): Promise<Left> {
  await releaseAll(context, `the run is left: ${status}`);
  await context.probes.after(context, true);
  const data = error.toData();
  await context.append({ type: 'run.parked', data: { why: error.message, status, error: data } });
  return { parked: { status, why: error.message }, error: data };
}

async function releaseAll(context: DriveContext, why: string): Promise<void> {
  for (;;) {
    const next = nextRelease(context.playbook, context.state, why);
    if (!next) return;
    await releaseHold(context, next.unit, next.task, next.why);
  }
}

function undecided(context: DriveContext, { task, item, error }: UnitState): PgdbaError {
  const key = unitKey(task, item);
  const { run } = context.parts.journal;
  return new PgdbaError('NEEDS_DECISION', {
    facts: { task: key, problem: error?.error ?? 'its process ended before it could tell' },
    hint: `pgdba runs resume ${run} asks the servers again; if you know: --resolve ${key}=done or --resolve ${key}=not-done`,
  });
}

function interrupted(context: DriveContext, { reason }: AbortSignal): PgdbaError {
  return new PgdbaError('INTERRUPTED', {
    facts: { by: describe(reason) },
    hint: context.state.acted
      ? `go on with: pgdba runs resume ${context.parts.journal.run}`
      : 'nothing was changed; run it again when you like',
  });
}

function ranTooLong(context: DriveContext): PgdbaError {
  return new PgdbaError('RUN_TIMEOUT', {
    facts: { timeout: formatDuration(context.playbook.timeout) },
    hint: `go on with: pgdba runs resume ${context.parts.journal.run}`,
  });
}
