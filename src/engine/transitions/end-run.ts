import { asPgdbaError, type ErrorData } from '../../errors/pgdba-error.ts';
import type { EndStatus, Json } from '../../journal/record.ts';
import type { DriveContext } from '../drive-context.ts';
import { scopeOf } from '../scope.ts';

/** The last record. Outputs are rendered only for a run that succeeded: before that they would be guesses. */
export async function endRun(drive: DriveContext, status: EndStatus, error: ErrorData | null): Promise<void> {
  const end = status === 'succeeded' ? renderOutputs(drive) : { status, outputs: null, error };
  // Before the run ends, or a crash in between would leave a half undone cluster free for everybody.
  if (status === 'rollback-failed') await drive.parts.lease?.quarantine(error?.error ?? 'its rollback failed');
  await drive.append({ type: 'run.ended', data: { ...end, changed: changed(drive), head: '' } });
}

function renderOutputs(drive: DriveContext): { status: EndStatus; outputs: Json; error: ErrorData | null } {
  try {
    const rendered = drive.playbook.outputs.render(scopeOf(drive.parts.journal.run, drive.state, null));
    const outputs: Json = JSON.parse(JSON.stringify(rendered ?? {}));
    return { status: 'succeeded', outputs, error: null };
  } catch (thrown) {
    return { status: 'failed', outputs: null, error: asPgdbaError(thrown).toData() };
  }
}

/** A rolled-back run changed nothing in the end, unless something was kept. */
function changed(drive: DriveContext): boolean {
  const { units, rollback } = drive.state;
  const touched = [...units.values()].filter((unit) => unit.firstIntent !== null);
  return rollback ? touched.some((unit) => unit.undo?.outcome !== 'undone') : touched.length > 0;
}
