import type { PgdbaError } from '../../errors/pgdba-error.ts';
import type { DriveContext } from '../drive-context.ts';
import type { Unit } from '../transition.ts';

/** Journals what the operator wants of a state that has moved: made again, or taken as it is. */
export async function decideDrift(
  drive: DriveContext,
  { task, item }: Unit,
  decision: 'reapply' | 'accept',
  { facts }: PgdbaError,
): Promise<void> {
  await drive.append({
    type: 'drift.decided',
    task: task.id,
    ...(item ? { item: item.key } : {}),
    data: { decision, by: drive.parts.actor, diff: String(facts['diff'] ?? '') },
  });
}
