import type { ErrorData } from '../errors/pgdba-error.ts';
import type { EndStatus, FenceMark, Json, Outcome, RecordData } from '../journal/record.ts';

/** What the journal says, and nothing else; made by `fold` (fold.ts) at the start of every drive. */
export interface RunState {
  readonly inputs: Readonly<Record<string, Json>>;
  readonly target: Json;
  readonly prechecks: ReadonlyMap<string, PrecheckState>;
  /** Loop items of a task, evaluated once. */
  readonly items: ReadonlyMap<string, readonly LoopItem[]>;
  /** Everything that started or was skipped, in order of first mention; key from `unitKey`. */
  readonly units: ReadonlyMap<string, UnitState>;
  /** What expressions see as `tasks`: grown in place, so that a scope costs nothing however long the run is. */
  readonly results: Readonly<Record<string, TaskResult>>;
  /** Results of probes, by id. */
  readonly probes: ReadonlyMap<string, Json>;
  /** Probes with something that must hold, and that watched to their end. */
  readonly judged: ReadonlySet<string>;
  /** What must have held while a probe watched, and did not, by probe. */
  readonly broken: ReadonlyMap<string, ErrorData>;
  /** Prechecks that an operator overrode. */
  readonly overridden: ReadonlySet<string>;
  /** seq of the record that began the present drive: run.created or the last run.resumed. */
  readonly driveBegan: number;
  /** A task has an intent: something may have changed. */
  readonly acted: boolean;
  /** seq of the newest intent of all. */
  readonly newestIntent: number;
  /** Where the cluster stood when this run last saw it. */
  readonly fence: FenceMark | null;
  /** Key of the unit that is the point of no return, once its intent is recorded. */
  readonly pivot: string | null;
  readonly rollback: RollbackState | null;
  readonly parked: ParkedState | null;
  readonly ended: EndedState | null;
}

export interface TaskResult {
  readonly status: string | null;
  readonly changed: boolean;
  readonly out?: Json;
  readonly items?: Readonly<Record<string, Json>>;
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
  /** What an operator said about a state that had moved. */
  readonly drift: 'reapply' | 'accept' | null;
  /** Failed attempts of the present drive. */
  readonly failures: number;
  /** seq of its latest task.retry: the pause is over. */
  readonly retried: number;
  /** The child run that it started. */
  readonly child: string | null;
  readonly approval: ApprovalState | null;
}

export interface ApprovalState {
  readonly asked: RecordData['approval.asked'];
  readonly given: RecordData['approval.given'] | null;
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
  readonly status: RecordData['run.parked']['status'];
  readonly why: string;
}

export interface EndedState {
  readonly status: EndStatus;
  readonly changed: boolean;
  readonly outputs: Json;
  readonly error: ErrorData | null;
}

/** Loop items are units of their own: `members[n2]`. */
export function unitKey(task: string, item: string | null): string {
  return item === null ? task : `${task}[${item}]`;
}

export function isMap(value: Json): value is Readonly<Record<string, Json>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
