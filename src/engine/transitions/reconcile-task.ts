import type { DriveContext } from '../drive-context.ts';
import { place } from '../place.ts';
import { fittingMemo } from '../plain-result.ts';
import { keyOf, type Unit } from '../transition.ts';
import type { Verb } from '../verb.ts';
import { judge, recordVerdict } from './apply-change.ts';

/**
 * An event with an intent and no proof: its process died, or nobody could look. The world is asked; what an operator
 * decided counts only when the world cannot tell.
 */
export async function reconcileTask(drive: DriveContext, unit: Unit, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  const { task, item } = unit;
  const known = drive.state.units.get(keyOf(unit));
  const verb: Verb = {
    step: drive.step(task),
    task: task.id,
    item: item?.key ?? null,
    attempt: known?.attempt ?? 1,
    params: known?.params ?? {},
    signal: AbortSignal.any([signal, AbortSignal.timeout(task.timeout)]),
  };
  const memo = await fittingMemo(verb.step, known?.memo ?? null, drive);
  const verdict = await judge(drive, verb, memo, known?.receipt ?? undefined);
  if (signal.aborted) throw signal.reason;
  if (verdict.is === 'unknown' && known?.decision === 'done') {
    const warnings = [`an operator said that it is done; the servers could not tell: ${verdict.why}`];
    const ms = Math.round(performance.now() - began);
    const data = { outcome: 'changed', out: {}, error: null, warnings, ms } as const;
    await drive.append({ type: 'task.result', ...place(verb), data });
    return;
  }
  await recordVerdict(drive, verb, verdict, undefined, began);
}
