import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../formats/duration.ts';
import type { DriveContext } from '../drive-context.ts';
import { keyOf, type OfUnit } from '../transition.ts';

/** Pauses before a failed task is tried again. A resume does not wait: it was left for longer than that. */
export async function awaitRetry(
  drive: DriveContext,
  { unit, afterMs, why }: Extract<OfUnit, { do: 'retry' }>,
  signal: AbortSignal,
): Promise<void> {
  const { task, item } = unit;
  const known = drive.state.units.get(keyOf(unit));
  const note = `tried again in ${formatDuration(afterMs)}: ${why}`;
  const key = item?.key ?? null;
  drive.parts.observer.onProgress({ task: task.id, item: key, note, done: null, total: null, unit: null });
  await sleep(afterMs, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) throw signal.reason;
  await drive.append({
    type: 'task.retry',
    task: task.id,
    ...(item ? { item: item.key } : {}),
    data: { attempt: (known?.attempt ?? 0) + 1, after_ms: Math.round(afterMs), why },
  });
}
