import type { ErrorData } from '../errors/pgdba-error.ts';
import type { AnyRecord, EndStatus, Json, Outcome } from '../journal/record.ts';

/** What the journal says, and nothing else. Rebuilt by `fold` at the start of every drive. */
export interface RunState {
  readonly inputs: Readonly<Record<string, Json>>;
  readonly target: Json;
  readonly prechecks: ReadonlyMap<string, PrecheckState>;
  /** Loop items of a task, evaluated once. */
  readonly items: ReadonlyMap<string, readonly LoopItem[]>;
  /** Everything that started or was skipped, in order of first mention; key from `unitKey`. */
  readonly units: ReadonlyMap<string, UnitState>;
  /** Results of probes, by id. */
  readonly probes: ReadonlyMap<string, Json>;
  /** seq of the record that began the present drive: run.created or the last run.resumed. */
  readonly driveBegan: number;
  /** A task has an intent: something may have changed. */
  readonly acted: boolean;
  /** Key of the unit that is the point of no return, once its intent is recorded. */
  readonly pivot: string | null;
  readonly rollback: RollbackState | null;
  readonly parked: ParkedState | null;
  readonly ended: EndedState | null;
}

export interface LoopItem {
  readonly key: string;
  readonly value: Json;
}

export interface PrecheckState {
  readonly seq: number;
  readonly out: Json;
  readonly error: ErrorData | null;
}

export interface UnitState {
  readonly task: string;
  readonly item: string | null;
  readonly attempt: number;
  readonly skipped: boolean;
  /** What its latest attempt is known to have done; null: it has an intent and no result, or never started. */
  readonly outcome: Outcome | null;
  /** It failed, and it was proved that nothing had happened. */
  readonly notDone: boolean;
  readonly out: Json;
  readonly error: ErrorData | null;
  /** seq of its first and latest intent; null: it never changed anything. */
  readonly firstIntent: number | null;
  readonly lastIntent: number | null;
  /** From the first intent: what rollback gets. */
  readonly params: Json;
  readonly memo: Json;
  readonly receipt: Json | null;
  /** seq of its latest result. */
  readonly settled: number;
  readonly undo: UndoState | null;
  /** A hold: it was reached (or may have been) and nobody has released it. */
  readonly held: boolean;
  /** What an operator said about an event that nobody could prove. */
  readonly decision: 'done' | 'not-done' | null;
}

export interface UndoState {
  readonly outcome: 'undone' | 'kept' | 'failed' | null;
  readonly why: string | null;
  readonly error: ErrorData | null;
}

export interface RollbackState {
  readonly why: string;
  readonly outcome: 'complete' | 'partial' | 'failed' | null;
}

export interface ParkedState {
  readonly status: 'drift' | 'needs-decision' | 'interrupted';
  readonly why: string;
}

export interface EndedState {
  readonly status: EndStatus;
  readonly changed: boolean;
  readonly outputs: Json;
  readonly error: ErrorData | null;
}

export const noState: RunState = {
  inputs: {},
  target: null,
  prechecks: new Map(),
  items: new Map(),
  units: new Map(),
  probes: new Map(),
  driveBegan: 0,
  acted: false,
  pivot: null,
  rollback: null,
  parked: null,
  ended: null,
};

/** Loop items are units of their own: `members[n2]`. */
export function unitKey(task: string, item: string | null): string {
  return item === null ? task : `${task}[${item}]`;
}

/** The state after these records. Pure. */
export function fold(records: Iterable<AnyRecord>, start: RunState = noState): RunState {
  let state = start;
  for (const record of records) state = step(state, record);
  return state;
}

function step(state: RunState, record: AnyRecord): RunState {
  switch (record.type) {
    case 'run.created':
      return { ...state, driveBegan: record.seq, inputs: asMap(record.data.inputs), target: record.data.target };
    case 'run.resumed':
      return { ...state, driveBegan: record.seq, parked: null, ended: null };
    case 'precheck.result': {
      const { out, error } = record.data;
      return { ...state, prechecks: new Map(state.prechecks).set(record.task ?? '', { seq: record.seq, out, error }) };
    }
    case 'task.expanded':
      return { ...state, items: new Map(state.items).set(record.task ?? '', record.data.items) };
    case 'task.skipped':
      return withUnit(state, record, { skipped: true, settled: record.seq });
    case 'task.intent': {
      const before = unitOf(state, record);
      const first = before.firstIntent === null ? record : null;
      return {
        ...withUnit(state, record, {
          attempt: record.attempt ?? before.attempt + 1,
          outcome: null,
          receipt: null,
          lastIntent: record.seq,
          decision: null,
          held: record.data.hold,
          ...(first ? { firstIntent: record.seq, params: record.data.params, memo: record.data.memo } : {}),
        }),
        acted: true,
        pivot: record.data.pivot ? unitKey(before.task, before.item) : state.pivot,
      };
    }
    case 'task.receipt':
      return withUnit(state, record, { receipt: record.data.receipt });
    case 'task.result': {
      const { out, error } = record.data;
      // Found satisfied after an earlier intent of this very run: it is our change, and rollback must know it.
      const ours = record.data.outcome === 'ok' && unitOf(state, record).firstIntent !== null;
      const outcome = ours ? 'changed' : record.data.outcome;
      const attempt = record.attempt ?? unitOf(state, record).attempt;
      const notDone = record.data.not_done === true;
      const next = withUnit(state, record, { outcome, notDone, out, error, attempt, settled: record.seq });
      const unpassed = notDone && state.pivot === unitKey(record.task ?? '', record.item ?? null);
      return unpassed ? { ...next, pivot: null } : next;
    }
    case 'hold.released':
      return withUnit(state, record, { held: false });
    case 'hold.retaken':
      return withUnit(state, record, { held: true });
    case 'decision.given':
      return { ...withUnit(state, record, { decision: record.data.decision }), parked: null };
    case 'probe.result':
      return { ...state, probes: new Map(state.probes).set(record.task ?? '', record.data.out) };
    case 'rollback.begun':
      return { ...state, rollback: { why: record.data.why, outcome: null } };
    case 'rollback.intent':
      return withUnit(state, record, { undo: { outcome: null, why: null, error: null } });
    case 'rollback.result': {
      const { outcome, why, error } = record.data;
      return withUnit(state, record, { undo: { outcome, why, error } });
    }
    case 'rollback.ended':
      return { ...state, rollback: { why: state.rollback?.why ?? '', outcome: record.data.outcome } };
    case 'run.parked':
      return { ...state, parked: { status: record.data.status, why: record.data.why } };
    case 'run.ended':
      return { ...state, ended: record.data };
    default:
      return state;
  }
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
} as const;

function unitOf(state: RunState, { task = '', item = null }: { task?: string; item?: string | null }): UnitState {
  return state.units.get(unitKey(task, item)) ?? { ...freshUnit, task, item };
}

function withUnit(state: RunState, record: AnyRecord, edit: Partial<UnitState>): RunState {
  const unit = unitOf(state, record);
  return { ...state, units: new Map(state.units).set(unitKey(unit.task, unit.item), { ...unit, ...edit }) };
}

function asMap(value: Json): Readonly<Record<string, Json>> {
  return isMap(value) ? value : {};
}

export function isMap(value: Json): value is Readonly<Record<string, Json>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
