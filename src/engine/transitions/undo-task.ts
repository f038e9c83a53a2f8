import { asPgdbaError, describe, PgdbaError } from '../../errors/pgdba-error.ts';
import type { Task } from '../../playbook/playbook.ts';
import { type Kept, kept, type Undone, undone } from '../../step/answers.ts';
import type { DriveContext } from '../drive-context.ts';
import { endsDrive } from '../ends-drive.ts';
import { lend } from '../lend.ts';
import { check } from '../observe.ts';
import { renderParams } from '../params.ts';
import { fittingMemo } from '../plain-result.ts';
import { type UnitState, unitKey } from '../run-state.ts';
import { scopeOf } from '../scope.ts';
import type { Verb } from '../verb.ts';
import { applyAndJudge } from './apply-change.ts';
import { closeHold } from './release-hold.ts';

/** Undoes one unit with the memo of its first intent: what the world was before the run touched it. */
export async function undoTask(drive: DriveContext, unit: UnitState, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  const at = { task: unit.task, ...(unit.item === null ? {} : { item: unit.item }) };
  const task = taskOf(drive, unit);
  await drive.append({ type: 'rollback.intent', ...at, data: { summary: `undo ${unitKey(unit.task, unit.item)}` } });
  const ended = (outcome: 'undone' | 'kept' | 'failed', why: string | null, error: PgdbaError | null) =>
    drive.append({
      type: 'rollback.result',
      ...at,
      data: { outcome, why, error: error?.toData() ?? null, ms: Math.round(performance.now() - began) },
    });
  try {
    await drive.parts.lease?.assertHeld();
    const answer = await undo(drive, task, unit, AbortSignal.any([signal, AbortSignal.timeout(task.timeout)]));
    if (unit.held) await closeHold(drive, unit, 'rollback', 'the run is rolled back');
    await ended(answer.is, answer.is === 'kept' ? answer.why : null, null);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (endsDrive(thrown)) throw thrown;
    await ended('failed', null, undoFailed(unit, thrown));
  }
}

async function undo(drive: DriveContext, task: Task, unit: UnitState, signal: AbortSignal): Promise<Undone | Kept> {
  if (unit.child !== null) return drive.parts.children.undo(drive, unit.child, signal);
  if (task.rollback === 'none') return kept('its playbook says that it is not undone');
  const verb = { task: unit.task, item: unit.item, attempt: unit.attempt, signal };
  if (task.rollback) return override(drive, task, task.rollback, verb);
  const step = drive.step(task);
  if (step.effect === 'none') return kept('it only looked');
  const memo = await fittingMemo(step, unit.memo, drive);
  return lend(drive, { ...verb, step, params: unit.params }, (act) =>
    step.effect === 'once' ? step.rollback(act, memo, unit.receipt ?? undefined) : step.rollback(act, memo),
  );
}

/**
 * `rollback: {uses, with}`: another step brings the world back. It is judged as any task is: only a world that shows the
 * change, or an event that is proved, counts as undone.
 */
async function override(
  drive: DriveContext,
  task: Task,
  { uses, with: template }: Exclude<Task['rollback'], 'none' | null>,
  at: { task: string; item: string | null; attempt: number; signal: AbortSignal },
): Promise<Undone> {
  const step = drive.stepOf(uses);
  const item = drive.state.items.get(task.id)?.find(({ key }) => key === at.item) ?? null;
  const scope = scopeOf(drive.parts.journal.run, drive.state, { task, item });
  const verb: Verb = { ...at, step, params: await renderParams(step, template, scope) };
  const answer = await check(drive, verb, task.timeout);
  if (answer.is === 'satisfied' || step.effect === 'none') return undone;
  const keep = async (receipt: unknown) => (step.effect === 'once' ? receipt : undefined);
  const { thrown, verdict } = await applyAndJudge(drive, verb, answer.memo, at.signal, keep);
  if (verdict.is === 'satisfied') return undone;
  if (verdict.is === 'failed') throw verdict.error;
  if (thrown !== undefined) throw thrown;
  const facts = { task: `${at.task} (${uses})`, why: verdict.why, problem: verdict.why };
  throw new PgdbaError(verdict.is === 'unknown' ? 'TASK_UNKNOWN_OUTCOME' : 'NOT_VERIFIED', { facts });
}

function taskOf(drive: DriveContext, unit: UnitState): Task {
  const task = drive.playbook.tasks.find((candidate) => candidate.id === unit.task);
  if (task) return task;
  throw new PgdbaError('BUG', { facts: { problem: `the journal names task ${unit.task}, the playbook does not` } });
}

function undoFailed(unit: UnitState, thrown: unknown): PgdbaError {
  return new PgdbaError('ROLLBACK_FAILED', {
    facts: { task: unitKey(unit.task, unit.item), problem: describe(asPgdbaError(thrown)) },
    hint: asPgdbaError(thrown).hint || 'undo it by hand; what was undone before it stays undone',
    cause: thrown,
  });
}
