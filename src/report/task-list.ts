import type { ErrorData } from '../errors/pgdba-error.ts';
import type { AnyRecord, Outcome } from '../journal/record.ts';

/** One task or loop item, as its latest records have it. */
export interface TaskView {
  readonly kind: 'precheck' | 'task';
  readonly id: string;
  readonly item: string | null;
  readonly uses: string | null;
  readonly status: Outcome | 'skipped' | 'begun' | 'expanded';
  readonly changed: boolean;
  readonly ms: number | null;
  readonly summary: string | null;
  readonly diff: string | null;
  readonly error: ErrorData | null;
  readonly warnings: readonly string[];
  readonly attempt: number;
  readonly pivot: boolean;
  /** The run it started. */
  readonly child: string | null;
  /** Of its first and its latest record. */
  readonly began_at: string;
  readonly ended_at: string;
}

export interface UndoView {
  readonly id: string;
  readonly item: string | null;
  readonly status: 'undone' | 'kept' | 'failed' | 'begun';
  readonly why: string | null;
  readonly error: ErrorData | null;
  readonly ms: number | null;
  readonly began_at: string;
}

/** Tasks, prechecks and what was undone, in order of first appearance; what comes later replaces what was said before. */
export class TaskList {
  readonly #tasks = new Map<string, TaskView>();
  readonly #undos = new Map<string, UndoView>();

  add(record: AnyRecord): void {
    const { task: id, item = null, attempt = 1, ts } = record;
    if (id === undefined) return;
    const key = `${id}\n${item ?? ''}`;
    this.#addUndo(key, id, item, record);
    const known = this.#tasks.get(key) ?? fresh(id, item, attempt, ts);
    const next = changedBy(record, known);
    if (!next) return;
    this.#tasks.set(key, { ...known, ...next, attempt: Math.max(attempt, known.attempt), ended_at: ts });
  }

  tasks(): TaskView[] {
    return [...this.#tasks.values()];
  }

  undos(): UndoView[] {
    return [...this.#undos.values()];
  }

  #addUndo(key: string, id: string, item: string | null, record: AnyRecord): void {
    const known = this.#undos.get(key);
    const began_at = known?.began_at ?? record.ts;
    if (record.type === 'rollback.intent') {
      const why = record.data.summary;
      this.#undos.set(key, { id, item, status: 'begun', why, error: null, ms: null, began_at });
    } else if (record.type === 'rollback.result') {
      const { outcome, why, error, ms } = record.data;
      this.#undos.set(key, { id, item, status: outcome, why: why ?? known?.why ?? null, error, ms, began_at });
    }
  }
}

function fresh(id: string, item: string | null, attempt: number, ts: string): TaskView {
  return {
    kind: 'task',
    id,
    item,
    uses: null,
    status: 'begun',
    changed: false,
    ms: null,
    summary: null,
    diff: null,
    error: null,
    warnings: [],
    attempt,
    pivot: false,
    child: null,
    began_at: ts,
    ended_at: ts,
  };
}

function changedBy(record: AnyRecord, known: TaskView): Partial<TaskView> | null {
  switch (record.type) {
    case 'precheck.result':
      return { kind: 'precheck', status: record.data.outcome, ms: record.data.ms, error: record.data.error };
    case 'task.expanded':
      return { status: 'expanded', summary: `${record.data.items.length} items` };
    case 'task.skipped':
      return { status: 'skipped', summary: record.data.why };
    case 'task.checked': {
      const { summary, diff } = record.data;
      return { summary: summary || known.summary, diff: diff ?? known.diff };
    }
    case 'task.intent': {
      const { uses, pivot, child = null } = record.data;
      return { uses, status: 'begun', pivot, child };
    }
    case 'task.result': {
      const { outcome, ms, error, warnings } = record.data;
      return { status: outcome, changed: outcome === 'changed', ms, error, warnings };
    }
    default:
      return null;
  }
}
