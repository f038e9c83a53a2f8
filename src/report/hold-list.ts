import type { GuardRecord } from '../journal/guard-journal.ts';
import type { AnyRecord } from '../journal/record.ts';

/** A state that hurt while it lasted: from when to when, and who ended it. */
export interface HoldView {
  readonly id: string;
  readonly item: string | null;
  readonly taken_at: string;
  /** `guard`: the program that watches over holds, after pgdba was gone or too late. Null: nobody has, yet. */
  readonly released_by: 'task' | 'engine' | 'rollback' | 'guard' | null;
  readonly at: string | null;
  /** How long clients waited at most; null while they do. */
  readonly ms: number | null;
  readonly why: string | null;
}

/** The holds of a run, folded from its journal and its guards' records. */
export class HoldList {
  readonly #holds = new Map<string, HoldView>();

  add(record: AnyRecord): void {
    const { task: id = '', item = null, ts } = record;
    const key = item === null ? id : `${id}[${item}]`;
    const known = this.#holds.get(key);
    if (record.type === 'task.intent' && record.data.hold) {
      this.#holds.set(key, { id, item, taken_at: ts, released_by: null, at: null, ms: null, why: null });
    } else if (record.type === 'hold.retaken' && known) {
      this.#holds.set(key, { ...known, taken_at: ts, released_by: null, at: null, ms: null, why: null });
    } else if (record.type === 'hold.released') {
      const { by, at, why } = record.data;
      const taken_at = known?.taken_at ?? ts;
      this.#holds.set(key, { id, item, taken_at, released_by: by, at, ms: between(taken_at, at), why });
    }
  }

  /** `guards`: what is in the journal only after the next drive has copied it. */
  views(guards: readonly GuardRecord[]): HoldView[] {
    const holds = new Map(this.#holds);
    for (const record of guards) {
      const hold = holds.get(record.task);
      if (record.type !== 'released' || !hold || hold.released_by !== null || record.ts < hold.taken_at) continue;
      const { ts: at } = record;
      holds.set(record.task, {
        ...hold,
        released_by: 'guard',
        at,
        ms: between(hold.taken_at, at),
        why: record.data.why,
      });
    }
    return [...holds.values()];
  }
}

function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
