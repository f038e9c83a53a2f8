import type { DriveContext } from './drive-context.ts';
import { undecided } from './leave.ts';
import { keyOf, type Performed, type Transition } from './transition.ts';
import { approveTask } from './transitions/approve-task.ts';
import { attemptTask } from './transitions/attempt-task.ts';
import { awaitRetry } from './transitions/await-retry.ts';
import { decideDrift } from './transitions/decide-drift.ts';
import { endRollback } from './transitions/end-rollback.ts';
import { endRun } from './transitions/end-run.ts';
import { expandLoop } from './transitions/expand-loop.ts';
import { recheckTask } from './transitions/recheck-task.ts';
import { reconcileTask } from './transitions/reconcile-task.ts';
import { closeHold, releaseHold } from './transitions/release-hold.ts';
import { runPrecheck } from './transitions/run-precheck.ts';
import { undoTask } from './transitions/undo-task.ts';

/** Performs one transition. Throws what is no outcome of the run: the journal broke, or the drive was cancelled. */
export async function perform(
  context: DriveContext,
  next: Transition,
  signal: AbortSignal,
  rechecked: Set<string>,
): Promise<Performed> {
  const stop = await performOne(context, next, signal, rechecked);
  await context.probes.after(context, context.state.rollback !== null);
  return stop;
}

async function performOne(
  context: DriveContext,
  next: Transition,
  signal: AbortSignal,
  rechecked: Set<string>,
): Promise<Performed> {
  switch (next.do) {
    case 'precheck':
      await runPrecheck(context, next.task, signal);
      return null;
    case 'expand':
      await expandLoop(context, next.unit.task);
      return null;
    case 'attempt':
      await context.probes.before(context, next.unit.task.id);
      return attemptTask(context, next.unit, signal);
    case 'retry':
      await awaitRetry(context, next, signal);
      return null;
    case 'reconcile':
      await reconcileTask(context, next.unit, signal);
      return null;
    case 'recheck': {
      const drift = await recheckTask(context, next.unit, signal);
      if (!drift) rechecked.add(keyOf(next.unit));
      else if (context.parts.drift === null) return { status: 'drift', error: drift };
      else await decideDrift(context, next.unit, context.parts.drift, drift);
      return null;
    }
    case 'approve':
      return approveTask(context, next.unit);
    case 'close-hold': {
      const held = context.state.units.get(keyOf(next.unit));
      if (held) await closeHold(context, held, 'task', `task ${next.by} released it`);
      return null;
    }
    case 'release':
      await releaseHold(context, next.unit, next.task, next.why);
      return null;
    case 'park':
      return { status: 'needs-decision', error: undecided(context, next.unit) };
    case 'begin-rollback':
      await context.append({ type: 'rollback.begun', data: { why: next.why } });
      return null;
    case 'undo':
      await undoTask(context, next.unit, signal);
      return null;
    case 'end-rollback':
      await endRollback(context);
      return null;
    case 'end':
      await context.probes.after(context, true);
      if (next.status === 'succeeded') await context.probes.missed(context);
      if (next.status === 'cancelled') await closeChildren(context);
      await endRun(context, next.status, next.error);
      return null;
  }
}

/** A child run that was left with its parent ends with it. */
async function closeChildren(context: DriveContext): Promise<void> {
  for (const { child } of context.state.units.values()) {
    if (child !== null) await context.parts.children.close(context, child);
  }
}
