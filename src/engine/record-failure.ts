import { asPgdbaError } from '../errors/pgdba-error.ts';
import type { Unit } from './decide.ts';
import type { DriveContext } from './drive-context.ts';
import { unitKey } from './run-state.ts';

/** Journals that a unit failed, or that nobody knows how it ended. `began`: performance.now() of its start. */
export async function recordFailure(
  drive: DriveContext,
  { task, item }: Unit,
  thrown: unknown,
  began: number,
  outcome: 'failed' | 'unknown' = 'failed',
): Promise<void> {
  const error = asPgdbaError(thrown);
  const known = drive.state.units.get(unitKey(task.id, item?.key ?? null));
  await drive.append({
    type: 'task.result',
    task: task.id,
    ...(item ? { item: item.key } : {}),
    attempt: known?.attempt ?? 1,
    data: {
      outcome,
      out: null,
      error: error.toData(),
      warnings: [],
      ms: Math.round(performance.now() - began),
    },
  });
}
