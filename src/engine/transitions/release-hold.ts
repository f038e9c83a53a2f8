import { asPgdbaError } from '../../errors/pgdba-error.ts';
import type { Task } from '../../playbook/playbook.ts';
import type { DriveContext } from '../drive-context.ts';
import { lend } from '../lend.ts';
import { type UnitState, unitKey } from '../run-state.ts';

const releaseTimeoutMs = 30_000;

/** Releases a hold at the end of a run, whatever that end is. When it cannot, its guard will: that is waited for. */
export async function releaseHold(drive: DriveContext, unit: UnitState, task: Task, why: string): Promise<void> {
  const key = unitKey(unit.task, unit.item);
  const step = drive.step(task);
  const signal = AbortSignal.timeout(releaseTimeoutMs);
  try {
    await lend(drive, { step, ...unit, signal }, async (act) => {
      if (step.effect === 'hold') await step.rollback(act, unit.memo);
    });
  } catch (thrown) {
    const guard = drive.holds.guarded(key);
    if (!guard) throw asPgdbaError(thrown);
    await guard;
    return;
  }
  await closeHold(drive, unit, 'engine', why);
}

/** Journals that a hold is over, and lets its guard go. */
export async function closeHold(
  drive: DriveContext,
  unit: UnitState,
  by: 'task' | 'engine' | 'rollback',
  why: string,
): Promise<void> {
  const at = { task: unit.task, ...(unit.item === null ? {} : { item: unit.item }) };
  await drive.append({ type: 'hold.released', ...at, data: { by, at: new Date().toISOString(), why } });
  await drive.holds.disarm(unitKey(unit.task, unit.item));
}
