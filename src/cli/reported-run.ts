import type { RunReport } from '../engine/report.ts';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { neverBegan } from '../journal/list-runs.ts';
import type { AnyRecord } from '../journal/record.ts';
import type { JournalStore } from '../journal/store.ts';

/** The report of a run that another process drove and has let go of, from its journal. Errors: RUN_UNKNOWN, RUN_NEVER_BEGAN, JOURNAL_*. */
export async function reportedRun(store: JournalStore, run: string): Promise<RunReport> {
  const summary = await store.summary(run);
  const records = await store.read(run);
  if (records.length === 0) throw neverBegan(run);
  const common = {
    id: run,
    playbook: summary?.playbook ?? 'run',
    version: summary?.version ?? '',
    cluster: summary?.cluster ?? null,
  };
  const last = records.findLast(isEnd);
  if (last?.type === 'run.ended') return { ...common, ...last.data };
  const changed = records.some(({ type }) => type === 'task.intent');
  if (last?.type === 'run.parked') {
    const { status, error } = last.data;
    return { ...common, status, changed, outputs: null, error };
  }
  const hint = `its process is gone; go on with: pgdba runs resume ${run}`;
  const error = new PgdbaError('INTERRUPTED', { facts: { by: 'the end of its process' }, hint }).toData();
  return { ...common, status: 'interrupted', changed, outputs: null, error };
}

/** What says how the latest drive left the run; a drive that began and says nothing was killed. */
function isEnd({ type }: AnyRecord): boolean {
  return type === 'run.ended' || type === 'run.parked' || type === 'run.resumed' || type === 'run.created';
}
