import { asPgdbaError, PgdbaError } from '../../errors/pgdba-error.ts';
import { pending } from '../../step/answers.ts';
import type { DriveContext } from '../drive-context.ts';
import { check } from '../observe.ts';
import { renderParams } from '../params.ts';
import { fittingMemo } from '../plain-result.ts';
import { scopeOf } from '../scope.ts';
import { settle } from '../settle.ts';
import { isChildRun, keyOf, type Unit } from '../transition.ts';
import { judge } from './apply-change.ts';

/**
 * A task that an earlier drive finished: is what it made still there? Answers null when it is, else what has moved.
 * A world that cannot be looked at is not drift: the error is thrown and the run stays resumable.
 */
export async function recheckTask(drive: DriveContext, unit: Unit, signal: AbortSignal): Promise<PgdbaError | null> {
  const { task, item } = unit;
  // What a child run did, its own journal proves.
  if (isChildRun(task)) return null;
  const step = drive.step(task);
  const known = drive.state.units.get(keyOf(unit));
  const timed = AbortSignal.any([signal, AbortSignal.timeout(task.timeout)]);
  const at = { step, task: task.id, item: item?.key ?? null, attempt: known?.attempt ?? 1, signal: timed };
  // An event that was found done when the run came to it has left nothing to be proved by.
  if (step.effect === 'once' && known?.firstIntent !== null) {
    const memo = await fittingMemo(step, known?.memo ?? null, drive);
    const verdict = await judge(drive, { ...at, params: known?.params }, memo, known?.receipt ?? undefined);
    if (verdict.is === 'not-done') return drift(drive, unit, verdict.why);
    if (verdict.is === 'failed') throw verdict.error;
    if (verdict.is === 'unknown' && verdict.waited) return drift(drive, unit, `it does not show: ${verdict.why}`);
    if (verdict.is === 'unknown') note(drive, unit, `nobody can tell any more: ${verdict.why}`);
    return null;
  }
  const params = await renderParams(step, task.with, scopeOf(drive.parts.journal.run, drive.state, unit));
  const answer = await patiently(drive, unit, timed, () => check(drive, { ...at, params }, task.timeout));
  return answer.is === 'satisfied' ? null : drift(drive, unit, answer.diff ?? answer.summary);
}

function drift(drive: DriveContext, unit: Unit, diff: string): PgdbaError {
  const resume = `pgdba runs resume ${drive.parts.journal.run}`;
  return new PgdbaError('DRIFT', {
    facts: { task: keyOf(unit), diff },
    hint: `bring it back: ${resume} --reapply; or go on with it as it is now: ${resume} --accept`,
  });
}

/** Right after a crash the servers may be between two states, with no primary: that passes, and is no drift. */
function patiently<A extends { readonly is: string }>(
  drive: DriveContext,
  { task, item }: Unit,
  signal: AbortSignal,
  look: () => Promise<A>,
): Promise<A> {
  const tolerant = async () => {
    try {
      return await look();
    } catch (thrown) {
      const error = asPgdbaError(thrown);
      if (error.class !== 'transient' || signal.aborted) throw thrown;
      return pending(error.message);
    }
  };
  const progress = { task: task.id, item: item?.key ?? null, done: null, total: null, unit: null };
  return settle(tolerant, { every: 500, within: 60_000 }, signal, (why) =>
    drive.parts.observer.onProgress({ ...progress, note: `waiting: ${why}` }),
  );
}

function note(drive: DriveContext, { task }: Unit, message: string): void {
  drive.parts.journal.log({ task: task.id, level: 'warn', message });
}
