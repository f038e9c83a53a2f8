import type { ErrorData, PgdbaError } from '../errors/pgdba-error.ts';
import type { EndStatus } from '../journal/record.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import type { Effect } from '../step/define-step.ts';
import { type LoopItem, type ParkedState, type RunState, type UnitState, unitKey } from './run-state.ts';

/** The next thing to do about a run. */
export type Transition = OfUnit | Alone;

/** Concerns one unit; several of different units may be performed at the same time. */
export type OfUnit =
  | { readonly do: 'expand'; readonly unit: Unit }
  | { readonly do: 'attempt'; readonly unit: Unit }
  | { readonly do: 'retry'; readonly unit: Unit; readonly afterMs: number; readonly why: string }
  | { readonly do: 'recheck'; readonly unit: Unit }
  | { readonly do: 'reconcile'; readonly unit: Unit }
  | { readonly do: 'close-hold'; readonly unit: Unit; readonly by: string };

/** Performed when nothing else is under way. */
export type Alone =
  | { readonly do: 'precheck'; readonly task: Task }
  | { readonly do: 'approve'; readonly unit: Unit }
  | { readonly do: 'release'; readonly unit: UnitState; readonly task: Task; readonly why: string }
  | { readonly do: 'park'; readonly unit: UnitState }
  | { readonly do: 'begin-rollback'; readonly why: string }
  | { readonly do: 'undo'; readonly unit: UnitState }
  | { readonly do: 'end-rollback' }
  | { readonly do: 'end'; readonly status: EndStatus; readonly error: ErrorData | null };

/** What a transition that was performed means for the drive. null: go on; else it lets go of the run. */
export type Performed =
  | null
  | { readonly status: ParkedState['status']; readonly error: PgdbaError }
  | { readonly thrown: unknown };

/** A task, or one item of its loop. */
export interface Unit {
  readonly task: Task;
  readonly item: LoopItem | null;
}

/** What a drive is for. */
export type Purpose =
  | 'forward'
  /** An operator, or the cancel of a playbook that wants it, has the run undone. */
  | 'rollback'
  /** An operator leaves the world as it is and has the run ended; what it holds is released, `finally` runs. */
  | 'close'
  /** The same when others have worked on the cluster since: nothing is done to it any more. */
  | 'abandon';

/** What the drive knows beside the journal. */
export interface Circumstances {
  readonly playbook: Playbook;
  readonly effectOf: (task: Task) => Effect;
  /** Units looked at again in this drive and found as recorded. */
  readonly rechecked: ReadonlySet<string>;
  /** Units that are being worked on. */
  readonly busy: ReadonlySet<string>;
  readonly purpose: Purpose;
}

export function keyOf({ task, item }: Unit): string {
  return unitKey(task.id, item?.key ?? null);
}

export function isChildRun({ uses }: Pick<Task, 'uses'>): boolean {
  return uses.startsWith('playbook:');
}

export function isApproval({ uses }: Pick<Task, 'uses'>): boolean {
  return uses === 'approve@1';
}

export function isFailure(unit: UnitState): boolean {
  return unit.outcome === 'failed' || unit.outcome === 'unknown';
}

/** The units of a task: its loop items once they are known, else itself. */
export function unitsOf(task: Task, state: RunState): Unit[] {
  const items = state.items.get(task.id);
  return items ? items.map((item) => ({ task, item })) : [{ task, item: null }];
}

/** Every unit of the task is done or was skipped. */
export function isDone(task: Task, state: RunState): boolean {
  return unitsOf(task, state).every((unit) => {
    const known = state.units.get(keyOf(unit));
    return known !== undefined && (known.skipped || known.outcome === 'ok' || known.outcome === 'changed');
  });
}
