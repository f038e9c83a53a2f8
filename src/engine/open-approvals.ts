import { asPgdbaError } from '../errors/pgdba-error.ts';
import type { AnyRecord, Json } from '../journal/record.ts';
import type { JournalStore } from '../journal/store.ts';
import { unitKey } from './run-state.ts';

/** A question of a run that somebody else has to answer. */
export interface OpenApproval {
  readonly task: string;
  readonly item: string | null;
  readonly question: string;
  readonly form: Json;
  readonly plan: string;
  readonly requested_by: string;
  readonly asked_at: string;
  readonly expires_at: string;
}

export interface WaitingRun extends OpenApproval {
  readonly run: string;
  readonly playbook: string;
  readonly cluster: string | null;
}

/** What a run has asked and nobody has answered yet, oldest first; nothing once it has ended. */
export function openApprovals(records: readonly AnyRecord[]): OpenApproval[] {
  const open = new Map<string, OpenApproval>();
  for (const record of records) {
    const { task = '', item = null } = record;
    const key = unitKey(task, item);
    if (record.type === 'approval.asked') open.set(key, { task, item, ...record.data, asked_at: record.ts });
    if (record.type === 'approval.given') open.delete(key);
    if (record.type === 'run.ended') open.clear();
  }
  return [...open.values()];
}

/**
 * Every run that waits for an approval, oldest question first. `unreadable`: runs whose journal cannot be read, which
 * may wait too.
 */
export async function listApprovals(
  store: JournalStore,
  filter: { readonly cluster?: string } = {},
): Promise<{ readonly waiting: readonly WaitingRun[]; readonly unreadable: readonly string[] }> {
  const waiting: WaitingRun[] = [];
  const unreadable: string[] = [];
  // A parked run has no end in the index, so those that ended are never opened.
  const runs = await store.list({ limit: Number.MAX_SAFE_INTEGER, ...filter });
  for (const { id, playbook, cluster } of runs.filter(({ ended_at }) => ended_at === null)) {
    try {
      for (const asked of openApprovals(await store.read(id))) waiting.push({ run: id, playbook, cluster, ...asked });
    } catch (thrown) {
      const { class: kind, code } = asPgdbaError(thrown);
      if (kind === 'journal') unreadable.push(id);
      else if (code !== 'RUN_UNKNOWN') throw thrown;
    }
  }
  return { waiting: waiting.toSorted((a, b) => a.asked_at.localeCompare(b.asked_at)), unreadable };
}
