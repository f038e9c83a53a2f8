import { asPgdbaError, describe, PgdbaError } from '../../errors/pgdba-error.ts';
import { formatDuration } from '../../formats/duration.ts';
import type { FenceMark, Json } from '../../journal/record.ts';
import type { Change } from '../../step/answers.ts';
import type { DriveContext } from '../drive-context.ts';
import { endsDrive } from '../ends-drive.ts';
import { holdsOver } from '../hold-span.ts';
import { check } from '../observe.ts';
import { renderParams } from '../params.ts';
import { place } from '../place.ts';
import { plainMemo, plainResult } from '../plain-result.ts';
import { recordFailure } from '../record-failure.ts';
import { scopeOf } from '../scope.ts';
import { isChildRun, keyOf, type Performed, type Unit } from '../transition.ts';
import type { Verb } from '../verb.ts';
import { applyChange } from './apply-change.ts';
import { askFirst } from './ask-first.ts';
import { driveChild } from './drive-child.ts';

/**
 * One attempt at a task: when → render → check → (satisfied? done) → confirm → lease → intent → apply → verify →
 * result. Only a cancelled run leaves without a result; the next drive then asks the world.
 */
export async function attemptTask(drive: DriveContext, unit: Unit, signal: AbortSignal): Promise<Performed> {
  const { task } = unit;
  const began = performance.now();
  const overtime = AbortSignal.timeout(task.timeout);
  const timed = AbortSignal.any([task.cancel === 'forbidden' ? new AbortController().signal : signal, overtime]);
  const known = drive.state.units.get(keyOf(unit));
  try {
    const scope = scopeOf(drive.parts.journal.run, drive.state, unit);
    if (!known && task.when && !task.for_each && task.when.evaluate(scope) !== true) {
      await drive.append({ type: 'task.skipped', task: task.id, data: { why: task.when.text } });
      return null;
    }
    if (isChildRun(task)) return await driveChild(drive, unit, scope, signal);
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
    if (answer.is === 'satisfied') {
      await recordSatisfied(drive, verb, answer.result, began);
      return null;
    }
    await recordChecked(drive, verb, answer);
    await askFirst(drive, unit, scope, signal);
    refuseLostHold(drive, unit);
    await drive.parts.lease?.assertHeld();
    const fence = await assertUnmoved(drive, unit, timed);
    await drive.holds.arm(drive, verb, answer.memo);
    await recordIntent(drive, verb, unit, await plainMemo(drive, step, answer.memo), fence);
    await applyChange(drive, verb, answer.memo, began, signal);
  } catch (thrown) {
    if (signal.aborted && task.cancel === 'allowed') throw signal.reason;
    if (endsDrive(thrown)) throw thrown;
    const late = overtime.aborted && asPgdbaError(thrown).code !== 'WAIT_TIMEOUT';
    await recordFailure(drive, unit, late ? tookTooLong(unit, thrown) : thrown, began);
  }
  return null;
}

/** Letting clients go is right wherever the cluster stands by now. */
async function assertUnmoved(drive: DriveContext, { task }: Unit, signal: AbortSignal): Promise<FenceMark | null> {
  if (task.releases !== null) return null;
  return (await drive.parts.fence?.assertUnmoved(drive.state.fence, signal)) ?? null;
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

async function recordIntent(
  drive: DriveContext,
  verb: Verb,
  { task }: Unit,
  memo: Json,
  fence: FenceMark | null,
): Promise<void> {
  const params: Json = JSON.parse(JSON.stringify(verb.params ?? null));
  await drive.append({
    type: 'task.intent',
    ...place(verb),
    data: {
      uses: task.uses,
      params,
      memo,
      pivot: task.pivot,
      hold: verb.step.effect === 'hold',
      ...(fence ? { fence } : {}),
    },
  });
}

/** Work that a hold protects does not begin once the hold is gone: its guard was faster, or somebody released it. */
function refuseLostHold(drive: DriveContext, { task }: Unit): void {
  for (const hold of holdsOver(task, drive.playbook, drive.effectOf)) {
    const unit = drive.state.units.get(hold.id);
    if (!unit || unit.skipped || unit.held) continue;
    throw new PgdbaError('HOLD_LOST', {
      facts: { hold: hold.id, task: task.id, why: 'its guard released it in time, so that nobody was left waiting' },
      hint: 'find out what took so long, then run it again',
    });
  }
}

function tookTooLong({ task }: Unit, thrown: unknown): PgdbaError {
  return new PgdbaError('TASK_TIMEOUT', {
    facts: { task: task.id, timeout: formatDuration(task.timeout), last: describe(thrown) },
    hint: 'nothing was changed by this task; look at the servers',
    cause: thrown,
  });
}
