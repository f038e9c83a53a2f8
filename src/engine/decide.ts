import type { ErrorData } from '../errors/pgdba-error.ts';
import type { EndStatus } from '../journal/record.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import type { Effect } from '../step/define-step.ts';
import { type LoopItem, type RunState, type UnitState, unitKey } from './run-state.ts';

/** The next thing to do about a run. */
export type Transition =
  | { readonly do: 'precheck'; readonly task: Task }
  | { readonly do: 'expand'; readonly task: Task }
  | { readonly do: 'attempt'; readonly unit: Unit }
  | { readonly do: 'recheck'; readonly unit: Unit }
  | { readonly do: 'reconcile'; readonly unit: Unit }
  | { readonly do: 'close-hold'; readonly unit: UnitState; readonly by: string }
  | { readonly do: 'release'; readonly unit: UnitState; readonly task: Task; readonly why: string }
  | { readonly do: 'park'; readonly unit: UnitState }
  | { readonly do: 'begin-rollback'; readonly why: string }
  | { readonly do: 'undo'; readonly unit: UnitState }
  | { readonly do: 'end-rollback' }
  | { readonly do: 'end'; readonly status: EndStatus; readonly error: ErrorData | null };

/** A task, or one item of its loop. */
export interface Unit {
  readonly task: Task;
  readonly item: LoopItem | null;
}

/** What the drive knows beside the journal. */
export interface Circumstances {
  readonly playbook: Playbook;
  readonly effectOf: (task: Task) => Effect;
  /** Units looked at again in this drive and found as recorded. */
  readonly rechecked: ReadonlySet<string>;
  /** A person cancelled the run and its playbook wants that rolled back. */
  readonly undoCancelled: boolean;
}

/** Pure: the same journal and circumstances always give the same next transition. */
export function decide(playbook: Playbook, state: RunState, now: Circumstances): Transition {
  return (
    (state.rollback ? nextOfRollback(state) : (nextPrecheck(playbook, state) ?? nextTask(playbook, state, now))) ??
    nextRelease(playbook, state, 'the run ends') ??
    nextFinally(playbook, state, now) ??
    end(playbook, state)
  );
}

/** All prechecks run, whatever the others say. Once something was changed they are history. */
function nextPrecheck(playbook: Playbook, state: RunState): Transition | null {
  if (state.acted) return null;
  for (const task of playbook.prechecks) {
    if ((state.prechecks.get(task.id)?.seq ?? -1) < state.driveBegan) return { do: 'precheck', task };
  }
  const failed = failedPrechecks(playbook, state);
  return failed.length > 0 ? { do: 'end', status: 'refused', error: refusalOf(failed) } : null;
}

function nextTask(playbook: Playbook, state: RunState, now: Circumstances): Transition | null {
  if (now.undoCancelled) return state.acted ? { do: 'begin-rollback', why: 'the run was cancelled' } : null;
  const closing = closedByTask(playbook, state);
  if (closing) return closing;
  const next = nextOf(playbook.tasks, state, now);
  if (next === null || 'do' in next) return next;
  const { failed } = next;
  if (failed.outcome === 'unknown' && mayHaveHappened(failed, playbook, state, now))
    return { do: 'park', unit: failed };
  const undoable = playbook.on_failure === 'rollback' && state.acted && state.pivot === null;
  return undoable ? { do: 'begin-rollback', why: `${unitKey(failed.task, failed.item)} failed` } : null;
}

function nextOfRollback(state: RunState): Transition | null {
  if (state.rollback?.outcome) return null;
  const toUndo = undoList(state);
  if (toUndo.some((unit) => unit.undo?.outcome === 'failed')) return { do: 'end-rollback' };
  const next = toUndo.find((unit) => !unit.undo?.outcome);
  return next ? { do: 'undo', unit: next } : { do: 'end-rollback' };
}

/** What this run may have changed, the last begun first; so the half-done one comes first of all. */
export function undoList(state: RunState): UnitState[] {
  return [...state.units.values()]
    .filter((unit) => unit.firstIntent !== null)
    .sort((a, b) => (b.firstIntent ?? 0) - (a.firstIntent ?? 0));
}

/** An event that nobody can prove: the point of no return, or one that an earlier drive left half done. */
function mayHaveHappened(unit: UnitState, { tasks }: Playbook, state: RunState, now: Circumstances): boolean {
  const task = tasks.find(({ id }) => id === unit.task);
  if (!task || now.effectOf(task) !== 'once') return false;
  return state.pivot === unitKey(unit.task, unit.item) || (unit.lastIntent ?? 0) < state.driveBegan;
}

/** A task that `releases` a hold is done: the hold is over. */
function closedByTask(playbook: Playbook, state: RunState): Transition | null {
  for (const task of playbook.tasks) {
    if (task.releases === null || !isDone(task, state)) continue;
    const unit = heldUnits(state).find((held) => held.task === task.releases);
    if (unit) return { do: 'close-hold', unit, by: task.id };
  }
  return null;
}

/** At every end of a run, whatever it is, the engine releases what is still held. */
export function nextRelease(
  playbook: Playbook,
  state: RunState,
  why: string,
): Extract<Transition, { do: 'release' }> | null {
  for (const unit of heldUnits(state)) {
    const task = playbook.tasks.find(({ id }) => id === unit.task);
    if (task) return { do: 'release', unit, task, why };
  }
  return null;
}

function heldUnits(state: RunState): UnitState[] {
  return [...state.units.values()].filter(({ held }) => held);
}

function isDone(task: Task, state: RunState): boolean {
  return unitsOf(task, state).every(({ item }) => {
    const unit = state.units.get(unitKey(task.id, item?.key ?? null));
    return unit !== undefined && (unit.skipped || unit.outcome === 'ok' || unit.outcome === 'changed');
  });
}

/** The task whose work a hold protects is not done yet: between the hold and the task that releases it. */
export function isNeeded(hold: Task, playbook: Playbook, state: RunState): boolean {
  return tasksUnder(hold, playbook).some((task) => !isDone(task, state));
}

/** The tasks that a hold protects: up to the one that releases it, or to the end. */
function tasksUnder(hold: Task, { tasks }: Playbook): readonly Task[] {
  const release = tasks.findIndex(({ releases }) => releases === hold.id);
  return tasks.slice(tasks.indexOf(hold) + 1, release === -1 ? tasks.length : release);
}

/** An event under this hold whose end an earlier drive did not see: the world is asked before clients are held again. */
function halfDoneUnder(hold: Task, state: RunState, now: Circumstances): Transition | null {
  for (const task of tasksUnder(hold, now.playbook)) {
    const unit = state.units.get(task.id);
    if (!unit || unit.settled > state.driveBegan || unit.outcome === 'ok' || unit.outcome === 'changed') continue;
    if (again(unit, now.effectOf(task)) === 'reconcile') return { do: 'reconcile', unit: { task, item: null } };
  }
  return null;
}

function nextFinally(playbook: Playbook, state: RunState, now: Circumstances): Transition | null {
  if (!state.acted && failureOf(playbook, state, now) !== null) return null;
  for (const task of playbook.finally) {
    const next = nextOf([task], state, now);
    if (next !== null && 'do' in next) return next;
  }
  return null;
}

function end(playbook: Playbook, state: RunState): Transition {
  const failed = [...state.units.values()].find((unit) => isFailure(unit));
  const error = failed?.error ?? null;
  const { rollback } = state;
  if (rollback?.outcome === 'failed') return { do: 'end', status: 'rollback-failed', error: undoError(state) ?? error };
  if (rollback?.outcome === 'partial') return { do: 'end', status: 'partly-rolled-back', error };
  if (rollback) return { do: 'end', status: 'rolled-back', error };
  if (!failed) return { do: 'end', status: 'succeeded', error: null };
  return { do: 'end', status: state.acted || playbook.risk === 'read-only' ? 'failed' : 'refused', error };
}

/** The next transition of these tasks, the unit whose failure stops them, or null when all are done. */
function nextOf(
  tasks: readonly Task[],
  state: RunState,
  now: Circumstances,
): Transition | { readonly failed: UnitState } | null {
  for (const task of tasks) {
    if (task.for_each && !state.items.has(task.id) && !state.units.get(task.id)) return { do: 'expand', task };
    for (const unit of unitsOf(task, state)) {
      const known = state.units.get(unitKey(task.id, unit.item?.key ?? null));
      const next = nextOfUnit(unit, known, state, now);
      if (next !== null) return next;
    }
  }
  return null;
}

function nextOfUnit(
  unit: Unit,
  known: UnitState | undefined,
  state: RunState,
  now: Circumstances,
): Transition | { readonly failed: UnitState } | null {
  if (!known) return { do: 'attempt', unit };
  if (known.skipped) return null;
  const ofThisDrive = known.settled > state.driveBegan;
  const effect = now.effectOf(unit.task);
  const provedAfterwards = known.notDone && (known.lastIntent ?? 0) < state.driveBegan;
  if (isFailure(known) && ofThisDrive && !provedAfterwards) return { failed: known };
  if (isFailure(known) || known.outcome === null) return { do: again(known, effect), unit };
  if (ofThisDrive || now.rechecked.has(unitKey(known.task, known.item))) return null;
  switch (effect) {
    case 'none':
      return laterIntent(state, known) ? null : { do: 'attempt', unit };
    case 'hold':
      if (known.held || !isNeeded(unit.task, now.playbook, state)) return null;
      // Nobody is held again for an event that may have happened long ago.
      return halfDoneUnder(unit.task, state, now) ?? { do: 'attempt', unit };
    default:
      return unit.task.recheck ? { do: 'recheck', unit } : null;
  }
}

/** An event that may have happened is asked about first; everything else is simply tried again. */
function again(known: UnitState, effect: Effect): 'attempt' | 'reconcile' {
  const maybe = effect === 'once' && known.firstIntent !== null && !known.notDone;
  return maybe && known.decision !== 'not-done' ? 'reconcile' : 'attempt';
}

function failureOf(playbook: Playbook, state: RunState, now: Circumstances): UnitState | null {
  const next = nextOf(playbook.tasks, state, { ...now, rechecked: new Set() });
  return next !== null && 'failed' in next ? next.failed : null;
}

/** The units of a task: its loop items once they are known, else itself. */
export function unitsOf(task: Task, state: RunState): Unit[] {
  const items = state.items.get(task.id);
  return items ? items.map((item) => ({ task, item })) : [{ task, item: null }];
}

export function failedPrechecks(playbook: Playbook, state: RunState): { task: Task; error: ErrorData }[] {
  return playbook.prechecks.flatMap((task) => {
    const error = state.prechecks.get(task.id)?.error;
    return error ? [{ task, error }] : [];
  });
}

/** All failures in one refusal: an operator repairs them together, not one per try. */
export function refusalOf(failed: readonly { task: Task; error: ErrorData }[]): ErrorData {
  const [only] = failed;
  if (only && failed.length === 1) return only.error;
  return {
    code: 'PRECHECK_FAILED',
    class: 'precheck',
    error: failed.map(({ error }) => error.error).join('; '),
    facts: Object.fromEntries(failed.map(({ task, error }) => [task.id, error.error])),
    hint: failed.map(({ task, error }) => `${task.id}: ${error.hint}`).join('; '),
  };
}

function undoError(state: RunState): ErrorData | null {
  return [...state.units.values()].find((unit) => unit.undo?.outcome === 'failed')?.undo?.error ?? null;
}

function isFailure(unit: UnitState): boolean {
  return unit.outcome === 'failed' || unit.outcome === 'unknown';
}

function laterIntent(state: RunState, unit: UnitState): boolean {
  return [...state.units.values()].some((other) => (other.lastIntent ?? 0) > unit.settled);
}
