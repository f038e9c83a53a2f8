import type { ErrorData } from '../errors/pgdba-error.ts';
import type { AnyRecord, JournalRecord, Json, RecordData } from '../journal/record.ts';
import { probeBroken } from './probe-broken.ts';
import { isMap, type RunState, type TaskResult, type UnitState, unitKey } from './run-state.ts';

/** The state after these records. */
export function fold(records: Iterable<AnyRecord>): RunState {
  const folding = new Folding();
  for (const record of records) folding.add(record);
  return folding.state;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B>
    ? Map<A, B>
    : T[K] extends ReadonlySet<infer A>
      ? Set<A>
      : T[K];
};

/**
 * Folds records one by one, in place: a run of ten thousand tasks costs ten thousand steps, not their square.
 * Units are replaced whole, so one that was read stays as it was.
 */
export class Folding {
  readonly #results: Record<string, TaskResult> = Object.create(null);
  readonly #state: Mutable<RunState> = {
    results: this.#results,
    inputs: {},
    target: null,
    prechecks: new Map(),
    items: new Map(),
    units: new Map(),
    probes: new Map(),
    judged: new Set(),
    broken: new Map(),
    overridden: new Set(),
    driveBegan: 0,
    acted: false,
    newestIntent: 0,
    fence: null,
    pivot: null,
    rollback: null,
    parked: null,
    ended: null,
  };

  get state(): RunState {
    return this.#state;
  }

  add(record: AnyRecord): void {
    const state = this.#state;
    const { task = '' } = record;
    switch (record.type) {
      case 'run.created':
        state.driveBegan = record.seq;
        state.inputs = asMap(record.data.inputs);
        state.target = record.data.target;
        return;
      case 'run.resumed':
        state.driveBegan = record.seq;
        state.parked = null;
        state.ended = null;
        for (const unit of state.units.values()) if (unit.failures > 0) this.#edit(unit, { failures: 0 });
        return;
      case 'precheck.overridden':
        state.overridden.add(task);
        return;
      case 'precheck.result': {
        const { out, error } = record.data;
        state.prechecks.set(task, { seq: record.seq, out, error });
        this.#results[task] = { status: error ? 'failed' : 'ok', changed: false, out };
        return;
      }
      case 'task.expanded':
        state.items.set(task, record.data.items);
        this.#results[task] = { status: 'ok', changed: false, items: {} };
        return;
      case 'task.skipped':
        this.#edit(this.#unit(record), { skipped: true, settled: record.seq });
        return;
      case 'task.intent':
        this.#intent(record);
        return;
      case 'task.receipt':
        this.#edit(this.#unit(record), { receipt: record.data.receipt });
        return;
      case 'task.result':
        this.#result(record);
        return;
      case 'task.retry':
        this.#edit(this.#unit(record), { retried: record.seq });
        return;
      case 'hold.released':
        this.#edit(this.#unit(record), { held: false });
        return;
      case 'hold.retaken':
        this.#edit(this.#unit(record), { held: true });
        return;
      case 'decision.given':
        state.parked = null;
        this.#edit(this.#unit(record), { decision: record.data.decision });
        return;
      case 'drift.decided':
        // Without a task it is the cluster as a whole that had moved.
        if (task === '') state.fence = null;
        else this.#edit(this.#unit(record), { drift: record.data.decision, settled: record.seq });
        return;
      case 'approval.asked':
        this.#edit(this.#unit(record), { approval: { asked: record.data, given: null } });
        return;
      case 'approval.given': {
        const unit = this.#unit(record);
        if (unit.approval) this.#edit(unit, { approval: { ...unit.approval, given: record.data } });
        return;
      }
      case 'probe.result': {
        state.probes.set(task, record.data.out);
        if (record.data.must) state.judged.add(task);
        if (record.data.must?.holds === false) state.broken.set(task, brokenProbe(task, record.data));
        return;
      }
      case 'rollback.begun':
        state.rollback = { why: record.data.why, outcome: null };
        // Begun again by an operator: what could not be undone is tried once more.
        for (const unit of state.units.values()) if (unit.undo?.outcome === 'failed') this.#edit(unit, { undo: null });
        return;
      case 'rollback.intent':
        this.#edit(this.#unit(record), { undo: { outcome: null, why: null, error: null } });
        return;
      case 'rollback.result': {
        const { outcome, why, error } = record.data;
        this.#edit(this.#unit(record), { undo: { outcome, why, error } });
        return;
      }
      case 'rollback.ended':
        state.rollback = { why: state.rollback?.why ?? '', outcome: record.data.outcome };
        return;
      case 'run.parked':
        state.parked = { status: record.data.status, why: record.data.why };
        return;
      case 'run.ended':
        state.ended = record.data;
        return;
    }
  }

  #intent(record: JournalRecord<'task.intent'>): void {
    const state = this.#state;
    const { params, memo, pivot, hold, fence = null, child = null } = record.data;
    const before = this.#unit(record);
    this.#edit(before, {
      attempt: record.attempt ?? before.attempt + 1,
      outcome: null,
      notDone: false,
      receipt: null,
      lastIntent: record.seq,
      decision: null,
      drift: null,
      held: hold,
      child: child ?? before.child,
      ...(before.firstIntent === null ? { firstIntent: record.seq, params, memo } : {}),
    });
    state.acted = true;
    state.newestIntent = record.seq;
    if (fence) state.fence = fence;
    if (pivot) state.pivot = unitKey(before.task, before.item);
  }

  #result(record: JournalRecord<'task.result'>): void {
    const state = this.#state;
    const { out, error, not_done: notDone = false, fence = null } = record.data;
    const before = this.#unit(record);
    // Found satisfied after an earlier intent of this very run: it is our change, and rollback must know it.
    const ours = record.data.outcome === 'ok' && before.firstIntent !== null;
    const outcome = ours ? 'changed' : record.data.outcome;
    const failed = outcome === 'failed' || outcome === 'unknown';
    const attempt = record.attempt ?? before.attempt;
    const failures = before.failures + (failed ? 1 : 0);
    this.#edit(before, { outcome, notDone, out, error, attempt, failures, drift: null, settled: record.seq });
    if (fence) state.fence = fence;
    if (notDone && state.pivot === unitKey(before.task, before.item)) state.pivot = null;
  }

  #unit({ task = '', item = null }: { task?: string; item?: string | null }): UnitState {
    return this.#state.units.get(unitKey(task, item)) ?? { ...freshUnit, task, item };
  }

  #edit(unit: UnitState, edit: Partial<UnitState>): void {
    const now = { ...unit, ...edit };
    this.#state.units.set(unitKey(unit.task, unit.item), now);
    this.#publish(now);
  }

  /** What expressions see of a unit from now on. */
  #publish({ task, item, skipped, outcome, out }: UnitState): void {
    const changed = outcome === 'changed';
    if (item === null) {
      this.#results[task] = { status: skipped ? 'skipped' : outcome, changed, ...(skipped ? {} : { out }) };
      return;
    }
    const before = this.#results[task];
    const items: Record<string, Json> = before?.items ?? {};
    if (outcome !== null) items[item] = out;
    this.#results[task] = { status: 'ok', changed: changed || before?.changed === true, items };
  }
}

function brokenProbe(id: string, { must, error }: RecordData['probe.result']): ErrorData {
  return probeBroken(id, must?.text ?? '', error?.error ?? 'it did not hold');
}

const freshUnit = {
  attempt: 0,
  skipped: false,
  outcome: null,
  notDone: false,
  out: null,
  error: null,
  firstIntent: null,
  lastIntent: null,
  params: null,
  memo: null,
  receipt: null,
  settled: 0,
  undo: null,
  held: false,
  decision: null,
  drift: null,
  failures: 0,
  retried: 0,
  child: null,
  approval: null,
} as const;

function asMap(value: Json): Readonly<Record<string, Json>> {
  return isMap(value) ? value : {};
}
