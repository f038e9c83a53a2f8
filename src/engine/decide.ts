import type { ErrorData } from '../errors/pgdba-error.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import { closedByTask, nextRelease } from './hold-span.ts';
import { probeBroken } from './probe-broken.ts';
import { type RunState, type UnitState, unitKey } from './run-state.ts';
import { progressOf } from './task-progress.ts';
import { type Alone, type Circumstances, isDone, isFailure, type OfUnit, type Transition } from './transition.ts';
import { undoList } from './undo-order.ts';

/**
 * What to begin now. Empty: wait for what is under way. Pure: the same journal and circumstances always give the same
 * answer. What stands alone is given only when nothing is under way.
 */
export function decide(playbook: Playbook, state: RunState, now: Circumstances): readonly Transition[] {
  if (state.rollback === null) {
    const precheck = now.purpose === 'forward' ? nextPrecheck(playbook, state) : null;
    if (precheck) return alone(precheck, now);
    const forward = nextOfTasks(playbook, state, now);
    if (forward) return forward;
  }
  if (now.purpose === 'abandon') return alone(end(playbook, state, now), now);
  const last =
    nextOfRollback(playbook, state) ??
    nextRelease(playbook, state, 'the run ends') ??
    nextFinally(playbook, state, now) ??
    end(playbook, state, now);
  return 'do' in last ? alone(last, now) : last;
}

function alone(transition: Transition, { busy }: Circumstances): readonly Transition[] {
  return busy.size > 0 ? [] : [transition];
}

/** All prechecks run, whatever the others say. Once something was changed they are history. */
function nextPrecheck(playbook: Playbook, state: RunState): Alone | null {
  if (state.acted) return null;
  for (const task of playbook.prechecks) {
    if ((state.prechecks.get(task.id)?.seq ?? -1) < state.driveBegan) return { do: 'precheck', task };
  }
  const failed = failedPrechecks(playbook, state);
  return failed.length > 0 ? { do: 'end', status: 'refused', error: refusalOf(failed) } : null;
}

/** null: forward work is over, by success or by a failure that is not undone. */
function nextOfTasks(playbook: Playbook, state: RunState, now: Circumstances): readonly Transition[] | null {
  if (now.purpose === 'close' || now.purpose === 'abandon') return now.busy.size > 0 ? [] : null;
  if (now.purpose === 'rollback') {
    if (now.busy.size > 0) return [];
    return state.acted ? [{ do: 'begin-rollback', why: 'it was asked for' }] : null;
  }
  const closing = closedByTask(playbook, state, now.busy);
  if (closing) return [closing];
  const [broken] = state.broken.keys();
  const progress = broken === undefined ? progressOf(playbook.tasks, state, now) : null;
  if (now.busy.size > 0) return progress?.is === 'ready' ? progress.start : [];
  switch (progress?.is) {
    case 'ready':
      return progress.start;
    case 'alone':
      return [progress.transition];
    case 'failed':
      return afterFailure(playbook, state, now, progress.unit);
    case undefined:
      return mayUndo(playbook, state) ? [{ do: 'begin-rollback', why: `probe ${broken} saw what must not be` }] : null;
    default:
      return null;
  }
}

function afterFailure(
  playbook: Playbook,
  state: RunState,
  now: Circumstances,
  failed: UnitState,
): readonly Transition[] | null {
  const undoes = mayUndo(playbook, state);
  if (failed.outcome === 'unknown' && isEvent(failed, playbook, now) && (!undoes || isLeftOver(failed, state))) {
    return [{ do: 'park', unit: failed }];
  }
  if (!undoes) return null;
  return [{ do: 'begin-rollback', why: `${unitKey(failed.task, failed.item)} failed` }];
}

function mayUndo(playbook: Playbook, state: RunState): boolean {
  return playbook.on_failure === 'rollback' && state.acted && state.pivot === null;
}

function isEvent({ task: id }: UnitState, { tasks }: Playbook, { effectOf }: Circumstances): boolean {
  const task = tasks.find((candidate) => candidate.id === id);
  return task !== undefined && effectOf(task) === 'once';
}

/** An earlier drive began it, and nobody could prove how it ended; or it is the point of no return. */
function isLeftOver(unit: UnitState, { pivot, driveBegan }: RunState): boolean {
  return pivot === unitKey(unit.task, unit.item) || (unit.lastIntent ?? 0) < driveBegan;
}

function nextOfRollback(playbook: Playbook, state: RunState): Alone | null {
  if (state.rollback === null || state.rollback.outcome) return null;
  const toUndo = undoList(playbook, state);
  if (toUndo.some((unit) => unit.undo?.outcome === 'failed')) return { do: 'end-rollback' };
  const next = toUndo.find((unit) => !unit.undo?.outcome);
  return next ? { do: 'undo', unit: next } : { do: 'end-rollback' };
}

/** After success, rollback and cancel; each of these tasks gets its turn, whatever became of the others. */
function nextFinally(playbook: Playbook, state: RunState, now: Circumstances): readonly Transition[] | null {
  if (!state.acted && (now.purpose !== 'forward' || [...state.units.values()].some(isFailure))) return null;
  for (const task of playbook.finally) {
    const progress = progressOf([task], state, { ...now, purpose: 'forward' });
    if (progress.is === 'ready') return progress.start.map((next) => madeAgain(next, now));
    if (progress.is === 'waiting') return [];
  }
  return null;
}

/** What an earlier end of this run has made need not be there any more: that is no drift. An event is not repeated. */
function madeAgain(next: OfUnit, { effectOf }: Circumstances): OfUnit {
  return next.do === 'recheck' && effectOf(next.unit.task) === 'idempotent' ? { do: 'attempt', unit: next.unit } : next;
}

function end(playbook: Playbook, state: RunState, now: Circumstances): Alone {
  const failed = [...state.units.values()].find(isFailure);
  const [broken] = state.broken.values();
  const error = failed?.error ?? broken ?? unseen(playbook, state);
  const { rollback } = state;
  if (rollback?.outcome === 'failed') return { do: 'end', status: 'rollback-failed', error: undoError(state) ?? error };
  if (rollback?.outcome === 'partial') return { do: 'end', status: 'partly-rolled-back', error };
  if (rollback) return { do: 'end', status: 'rolled-back', error };
  if (now.purpose !== 'forward') return { do: 'end', status: 'cancelled', error };
  if (!error) return { do: 'end', status: 'succeeded', error: null };
  return { do: 'end', status: state.acted || playbook.risk === 'read-only' ? 'failed' : 'refused', error };
}

/** What must hold was watched by a drive that died with its probe: nobody can say that it held. */
function unseen({ probes, tasks }: Playbook, state: RunState): ErrorData | null {
  const probe = probes.find(({ id, must, until }) => {
    const last = tasks.find((task) => task.id === until);
    return must !== null && !state.judged.has(id) && last !== undefined && isDone(last, state);
  });
  return probe?.must ? probeBroken(probe.id, probe.must.text, 'nobody watched to the end') : null;
}

export function failedPrechecks(playbook: Playbook, state: RunState): { task: Task; error: ErrorData }[] {
  return playbook.prechecks.flatMap((task) => {
    const error = state.prechecks.get(task.id)?.error;
    return error && !state.overridden.has(task.id) ? [{ task, error }] : [];
  });
}

/** All failures in one refusal: an operator repairs them together, not one per try. */
export function refusalOf(all: readonly { task: Task; error: ErrorData }[]): ErrorData {
  const causes = all.filter(({ error }) => error.code !== 'NOT_LOOKED_AT');
  const failed = causes.length > 0 ? causes : all;
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
