import type { ErrorData } from '../errors/pgdba-error.ts';
import type { GuardRecord } from '../journal/guard-journal.ts';
import type { AnyRecord, Json, Outcome } from '../journal/record.ts';

/** What `runs show` tells of a run: its journal, folded. */
export interface RunView {
  readonly id: string;
  /** As the journal has it; null while it has no end. */
  readonly status: string | null;
  readonly playbook: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly changed: boolean | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly inputs: Json;
  readonly tasks: readonly TaskView[];
  readonly error: ErrorData | null;
  readonly outputs: Json;
  readonly rollback: readonly UndoView[];
  readonly holds: readonly HoldView[];
}

/** A state that hurt while it lasted: who ended it, and when. */
export interface HoldView {
  readonly id: string;
  readonly item: string | null;
  /** `guard`: the program that watches over holds, after pgdba was gone or too late. Null: nobody has, yet. */
  readonly released_by: 'task' | 'engine' | 'rollback' | 'guard' | null;
  readonly at: string | null;
  readonly why: string | null;
}

export interface TaskView {
  readonly id: string;
  readonly item: string | null;
  readonly uses: string | null;
  readonly status: Outcome | 'skipped' | 'begun' | 'expanded';
  readonly changed: boolean;
  readonly ms: number | null;
  readonly summary: string | null;
  readonly error: ErrorData | null;
  readonly warnings: readonly string[];
  readonly attempt: number;
}

export interface UndoView {
  readonly id: string;
  readonly item: string | null;
  readonly status: 'undone' | 'kept' | 'failed' | 'begun';
  readonly why: string | null;
  readonly error: ErrorData | null;
  readonly ms: number | null;
}

/** Folds a whole journal, oldest record first, and what its guards wrote beside it. */
export function runView(records: readonly AnyRecord[], guards: readonly GuardRecord[] = []): RunView {
  const head = records.find((record) => record.type === 'run.created');
  const created = head?.type === 'run.created' ? head.data : null;
  const end = endOf(records);
  return {
    id: records[0]?.run ?? '',
    status: end?.status ?? null,
    playbook: created?.playbook.name ?? '',
    version: created?.playbook.version ?? '',
    cluster: clusterName(created?.target),
    changed: end?.changed ?? null,
    actor: created?.actor ?? '',
    reason: created?.reason ?? null,
    started_at: records[0]?.ts ?? '',
    ended_at: end?.at ?? null,
    inputs: created?.inputs ?? null,
    tasks: tasksOf(records),
    error: end?.error ?? null,
    outputs: end?.outputs ?? null,
    rollback: rollbackOf(records),
    holds: holdsOf(records, guards),
  };
}

interface End {
  readonly status: string;
  readonly changed: boolean | null;
  readonly at: string | null;
  readonly error: ErrorData | null;
  readonly outputs: Json;
}

/** The last end or stop that no later resume has taken back. */
function endOf(records: readonly AnyRecord[]): End | null {
  let end: End | null = null;
  for (const { type, ts, data } of records) {
    if (type === 'run.resumed') end = null;
    else if (type === 'run.parked') {
      end = { status: data.status, changed: null, at: null, error: data.error, outputs: null };
    } else if (type === 'run.ended') {
      end = { status: data.status, changed: data.changed, at: ts, error: data.error, outputs: data.outputs };
    }
  }
  return end;
}

function clusterName(target: Json | undefined): string | null {
  if (target === null || typeof target !== 'object' || Array.isArray(target)) return null;
  const name = Object.entries(target).find(([key]) => key === 'name' || key === 'cluster')?.[1];
  return typeof name === 'string' ? name : null;
}

/** In order of first appearance; a later record of the same task and item replaces what the earlier one said. */
function tasksOf(records: readonly AnyRecord[]): TaskView[] {
  const tasks = new Map<string, TaskView>();
  for (const record of records) {
    const { task: id, item = null, attempt = 1 } = record;
    if (id === undefined) continue;
    const key = `${id}\n${item ?? ''}`;
    const known = tasks.get(key) ?? fresh(id, item, attempt);
    const next = changedBy(record, known);
    if (next) tasks.set(key, { ...known, ...next, attempt: Math.max(attempt, known.attempt) });
  }
  return [...tasks.values()];
}

function fresh(id: string, item: string | null, attempt: number): TaskView {
  return {
    id,
    item,
    uses: null,
    status: 'begun',
    changed: false,
    ms: null,
    summary: null,
    error: null,
    warnings: [],
    attempt,
  };
}

function changedBy(record: AnyRecord, known: TaskView): Partial<TaskView> | null {
  switch (record.type) {
    case 'precheck.result':
      return { status: record.data.outcome, ms: record.data.ms, error: record.data.error };
    case 'task.expanded':
      return { status: 'expanded', summary: `${record.data.items.length} items` };
    case 'task.skipped':
      return { status: 'skipped', summary: record.data.why };
    case 'task.checked':
      return { summary: record.data.summary || known.summary };
    case 'task.intent':
      return { uses: record.data.uses, status: 'begun' };
    case 'task.result': {
      const { outcome, ms, error, warnings } = record.data;
      return { status: outcome, changed: outcome === 'changed', ms, error, warnings };
    }
    default:
      return null;
  }
}

function rollbackOf(records: readonly AnyRecord[]): UndoView[] {
  const undos = new Map<string, UndoView>();
  for (const record of records) {
    const { task: id = '', item = null } = record;
    const key = `${id}\n${item ?? ''}`;
    if (record.type === 'rollback.intent') {
      undos.set(key, { id, item, status: 'begun', why: record.data.summary, error: null, ms: null });
    } else if (record.type === 'rollback.result') {
      const { outcome, why, error, ms } = record.data;
      undos.set(key, { id, item, status: outcome, why: why ?? undos.get(key)?.why ?? null, error, ms });
    }
  }
  return [...undos.values()];
}

function holdsOf(records: readonly AnyRecord[], guards: readonly GuardRecord[]): HoldView[] {
  const holds = new Map<string, HoldView>();
  for (const record of records) {
    const { task: id = '', item = null } = record;
    const key = item === null ? id : `${id}[${item}]`;
    if (record.type === 'task.intent' && record.data.hold) {
      holds.set(key, { id, item, released_by: null, at: null, why: null });
    } else if (record.type === 'hold.released') {
      const { by, at, why } = record.data;
      holds.set(key, { id, item, released_by: by, at, why });
    }
  }
  for (const record of guards) {
    const hold = holds.get(record.task);
    if (record.type !== 'released' || !hold || hold.released_by !== null) continue;
    holds.set(record.task, { ...hold, released_by: 'guard', at: record.ts, why: record.data.why });
  }
  return [...holds.values()];
}
