import { describe, PgdbaError } from '../../errors/pgdba-error.ts';
import type { Unit } from '../decide.ts';
import type { DriveContext } from '../drive-context.ts';
import { check } from '../observe.ts';
import { renderParams } from '../params.ts';
import { unitKey } from '../run-state.ts';
import { scopeOf } from '../scope.ts';

/**
 * A task that an earlier drive finished: is what it made still there? Answers null when it is, else what has moved.
 * A world that cannot be looked at is not drift: the error is thrown and the run stays resumable.
 */
export async function recheckTask(drive: DriveContext, unit: Unit, signal: AbortSignal): Promise<PgdbaError | null> {
  const { task, item } = unit;
  const step = drive.step(task);
  const known = drive.state.units.get(unitKey(task.id, item?.key ?? null));
  if (step.effect === 'once' || step.effect === 'hold') {
    throw new PgdbaError('NOT_YET', {
      facts: { feature: `resuming a run after the ${step.effect} step ${step.id}` },
      hint: 'look at the servers, then start a new run',
    });
  }
  const params = await renderParams(step, task.with, scopeOf(drive.parts.journal.run, drive.state, unit));
  const timed = AbortSignal.any([signal, AbortSignal.timeout(task.timeout)]);
  const answer = await check(
    drive,
    { step, task: task.id, item: item?.key ?? null, attempt: known?.attempt ?? 1, params, signal: timed },
    task.timeout,
  );
  if (answer.is === 'satisfied') return null;
  return new PgdbaError('DRIFT', {
    facts: { task: unitKey(task.id, item?.key ?? null), diff: answer.diff ?? answer.summary },
    hint: `bring it back by hand, or start a new run: the recorded change was "${describe(answer.summary)}"`,
  });
}
