import { asPgdbaError, describe, PgdbaError } from '../../errors/pgdba-error.ts';
import { formatDuration } from '../../formats/duration.ts';
import type { Json } from '../../journal/record.ts';
import type { Change } from '../../step/answers.ts';
import type { Unit } from '../decide.ts';
import type { DriveContext } from '../drive-context.ts';
import { check } from '../observe.ts';
import { renderParams } from '../params.ts';
import { place } from '../place.ts';
import { plainMemo, plainResult } from '../plain-result.ts';
import { recordFailure } from '../record-failure.ts';
import { unitKey } from '../run-state.ts';
import { scopeOf } from '../scope.ts';
import type { Verb } from '../verb.ts';
import { applyChange } from './apply-change.ts';
import { askFirst } from './ask-first.ts';

/**
 * One attempt at a task: when → render → check → (satisfied? done) → confirm → lease → intent → apply → verify →
 * result. Only a cancelled run leaves without a result; the next drive then asks the world.
 */
export async function attemptTask(drive: DriveContext, unit: Unit, signal: AbortSignal): Promise<void> {
  const { task } = unit;
  const began = performance.now();
  const overtime = AbortSignal.timeout(task.timeout);
  const timed = AbortSignal.any([task.cancel === 'forbidden' ? new AbortController().signal : signal, overtime]);
  const known = drive.state.units.get(unitKey(task.id, unit.item?.key ?? null));
  try {
    const scope = scopeOf(drive.parts.journal.run, drive.state, unit);
    if (!known && task.when && !task.for_each && task.when.evaluate(scope) !== true) {
      return void (await drive.append({ type: 'task.skipped', task: task.id, data: { why: task.when.text } }));
    }
    const step = drive.step(task);
    const verb: Verb = {
      step,
      task: task.id,
      item: unit.item?.key ?? null,
      attempt: (known?.attempt ?? 0) + 1,
      params: await renderParams(step, task.with, scope),
      signal: timed,
    };
    const answer = await check(drive, verb, task.timeout);
    if (answer.is === 'satisfied') return void (await recordSatisfied(drive, verb, answer.result, began));
    await recordChecked(drive, verb, answer);
    await askFirst(drive, unit, scope, signal);
    refuseLostHold(drive, unit);
    await drive.parts.lease?.assertHeld();
    await drive.holds.arm(drive, verb, answer.memo);
    await recordIntent(drive, verb, unit, await plainMemo(drive, step, answer.memo));
    await applyChange(drive, verb, answer.memo, began, signal);
  } catch (thrown) {
    if (signal.aborted && task.cancel === 'allowed') throw signal.reason;
    if (asPgdbaError(thrown).class === 'journal') throw thrown;
    const late = overtime.aborted && asPgdbaError(thrown).code !== 'WAIT_TIMEOUT';
    await recordFailure(drive, unit, late ? tookTooLong(unit, thrown) : thrown, began);
  }
}

async function recordSatisfied(drive: DriveContext, verb: Verb, result: unknown, began: number): Promise<void> {
  await drive.append({
    type: 'task.result',
    ...place(verb),
    data: {
      outcome: 'ok',
      out: await plainResult(drive, verb.step, result),
      error: null,
      warnings: [],
      ms: Math.round(performance.now() - began),
    },
  });
}

async function recordChecked(drive: DriveContext, verb: Verb, { summary, diff }: Change<unknown>): Promise<void> {
  await drive.append({ type: 'task.checked', ...place(verb), data: { is: 'change', summary, diff } });
}

async function recordIntent(drive: DriveContext, verb: Verb, { task }: Unit, memo: Json): Promise<void> {
  const params: Json = JSON.parse(JSON.stringify(verb.params ?? null));
  await drive.append({
    type: 'task.intent',
    ...place(verb),
    data: { uses: task.uses, params, memo, pivot: task.pivot, hold: verb.step.effect === 'hold' },
  });
}

/** Work that a hold protects does not begin once the hold is gone: its guard was faster, or somebody released it. */
function refuseLostHold(drive: DriveContext, { task }: Unit): void {
  const { tasks } = drive.playbook;
  for (const hold of tasks.slice(0, tasks.indexOf(task))) {
    const unit = drive.state.units.get(hold.id);
    const release = tasks.findIndex(({ releases }) => releases === hold.id);
    if (drive.step(hold).effect !== 'hold' || !unit || unit.skipped || unit.held) continue;
    if (release !== -1 && tasks.indexOf(task) >= release) continue;
    throw new PgdbaError('HOLD_LOST', {
      facts: { hold: hold.id, task: task.id, why: 'its guard released it in time, so that nobody was left waiting' },
      hint: 'find out what took so long, then run it again',
    });
  }
}

function tookTooLong({ task }: Unit, thrown: unknown): PgdbaError {
  return new PgdbaError('TASK_TIMEOUT', {
    facts: { task: task.id, timeout: formatDuration(task.timeout), last: describe(thrown) },
    hint: 'nothing was changed by this task; look at the servers, then resume the run',
    cause: thrown,
  });
}
