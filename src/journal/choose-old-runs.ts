import { isOpen } from './list-runs.ts';
import type { JournalStore, RunSummary } from './store.ts';

export interface OldRun {
  readonly id: string;
  readonly playbook: string;
  readonly cluster: string | null;
  readonly status: RunSummary['status'];
  readonly ended_at: string;
  readonly bytes: number;
}

/**
 * The runs that may be removed, oldest first: they ended before that moment (or, never begun, started before it), nobody can
 * drive them on, and they are not to be kept. A child run stays as long as its parent, which needs it to be rolled back.
 */
export async function chooseOldRuns(
  store: JournalStore,
  { before, keep }: { before: string; keep: ReadonlySet<string> },
): Promise<OldRun[]> {
  const runs = await store.list({ limit: Number.MAX_SAFE_INTEGER });
  const kept = new Set(runs.filter((run) => isKept(run, before, keep)).map(({ id }) => id));
  // A child began after its parent, so walking from the oldest on settles each parent before its children.
  for (const { id, parent } of runs.toReversed()) if (parent !== null && kept.has(parent)) kept.add(id);
  const old: OldRun[] = [];
  for (const run of runs.toReversed()) {
    const { id, playbook, cluster, status } = run;
    const ended_at = endOf(run);
    if (kept.has(id) || ended_at === null) continue;
    old.push({ id, playbook, cluster, status, ended_at, bytes: await store.size(id).catch(() => 0) });
  }
  return old;
}

function isKept(run: RunSummary, before: string, keep: ReadonlySet<string>): boolean {
  const end = endOf(run);
  return isOpen(run.status) || keep.has(run.id) || end === null || end >= before;
}

function endOf({ status, started_at, ended_at }: RunSummary): string | null {
  return status === 'never-began' ? started_at : ended_at;
}
