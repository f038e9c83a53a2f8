import { asPgdbaError } from '../errors/pgdba-error.ts';
import type { DriveContext } from './drive-context.ts';
import { keyOf, type Unit } from './transition.ts';

/** Journals that a unit failed, or that nobody knows how it ended. `began`: performance.now() of its start. */
export async function recordFailure(
  drive: DriveContext,
  unit: Unit,
  thrown: unknown,
  began: number,
  outcome: 'failed' | 'unknown' = 'failed',
): Promise<void> {
  const { task, item } = unit;
  const error = asPgdbaError(thrown);
  const known = drive.state.units.get(keyOf(unit));
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
