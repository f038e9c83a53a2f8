import type { DriveContext } from '../drive-context.ts';
import { undoList } from '../undo-order.ts';

/** Says how the rollback went: complete, partial (something was kept, and says why) or failed. */
export async function endRollback(drive: DriveContext): Promise<void> {
  const outcomes = undoList(drive.playbook, drive.state).map((unit) => unit.undo?.outcome);
  const outcome = outcomes.includes('failed') ? 'failed' : outcomes.includes('kept') ? 'partial' : 'complete';
  await drive.append({ type: 'rollback.ended', data: { outcome } });
}
