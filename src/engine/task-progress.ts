import type { Task } from '../playbook/playbook.ts';
import { halfDoneUnder, isNeeded, maybeHappened } from './hold-span.ts';
import type { LoopItem, RunState, UnitState } from './run-state.ts';
import {
  type Alone,
  type Circumstances,
  isApproval,
  isChildRun,
  isFailure,
  keyOf,
  type OfUnit,
  type Unit,
} from './transition.ts';

/** How far a list of tasks has got. */
export type Progress =
  | { readonly is: 'done' }
  /** Work is under way; nothing more may be begun before some of it has ended. */
  | { readonly is: 'waiting' }
  | { readonly is: 'ready'; readonly start: readonly OfUnit[] }
  | { readonly is: 'alone'; readonly transition: Alone }
  /** This unit stops the list; nothing is under way. */
  | { readonly is: 'failed'; readonly unit: UnitState };

const done: Progress = { is: 'done' };
const waiting: Progress = { is: 'waiting' };

/** Tasks one after another; the branches of a parallel block beside one another. Pure. */
export function progressOf(tasks: readonly Task[], state: RunState, now: Circumstances): Progress {
  for (const segment of segmentsOf(tasks)) {
    const only = segment.length === 1 ? segment[0] : undefined;
    const progress = only ? inTurn(only, state, now) : atOnce(segment, state, now);
    if (progress.is !== 'done') return progress;
  }
  return done;
}

const segmented = new WeakMap<readonly Task[], Task[][][]>();

/** The tasks of a block as its branches; every other task as a branch of its own. */
function segmentsOf(tasks: readonly Task[]): Task[][][] {
  const known = segmented.get(tasks) ?? segment(tasks);
  segmented.set(tasks, known);
  return known;
}

function segment(tasks: readonly Task[]): Task[][][] {
  const segments: { block: string | null; branches: Map<number, Task[]> }[] = [];
  for (const task of tasks) {
    const block = task.branch?.block ?? null;
    const last = segments.at(-1);
    const segment = last && block !== null && last.block === block ? last : { block, branches: new Map() };
    if (segment !== last) segments.push(segment);
    const at = task.branch?.index ?? 0;
    segment.branches.set(at, [...(segment.branches.get(at) ?? []), task]);
  }
  return segments.map(({ branches }) => [...branches.values()]);
}

function inTurn(tasks: readonly Task[], state: RunState, now: Circumstances): Progress {
  for (const task of tasks) {
    const progress = ofTask(task, state, now);
    if (progress.is !== 'done') return progress;
  }
  return done;
}

function atOnce(branches: readonly Task[][], state: RunState, now: Circumstances): Progress {
  const limit = branches[0]?.[0]?.branch?.max_parallel ?? branches.length;
  return together(
    branches.map((tasks) => ({
      progress: () => inTurn(tasks, state, now),
      begun: tasks.some(({ id }) => state.units.has(id) || state.items.has(id) || now.busy.has(id)),
    })),
    limit,
  );
}

function ofTask(task: Task, state: RunState, now: Circumstances): Progress {
  const items = state.items.get(task.id);
  if (items) return ofLoop(task, items, state, now);
  // Of a thousand tasks, nearly all are over whenever the next is looked for.
  if (isOver(task.id, task, state, now)) return done;
  if (!task.for_each || state.units.has(task.id)) return ofUnit({ task, item: null }, state, now);
  return now.busy.has(task.id) ? waiting : { is: 'ready', start: [{ do: 'expand', unit: { task, item: null } }] };
}

function ofLoop(task: Task, items: readonly LoopItem[], state: RunState, now: Circumstances): Progress {
  const limit = task.for_each?.max_parallel ?? 1;
  const lanes: Lane[] = [];
  let fresh = 0;
  for (const { unit, key } of unitsOfLoop(task, items)) {
    const busy = now.busy.has(key);
    if (!busy && isOver(key, task, state, now)) continue;
    const begun = busy || state.units.has(key);
    if (!begun) fresh += 1;
    // More of them than there are lanes cannot begin now.
    if (begun || fresh <= limit) lanes.push({ progress: () => ofUnit(unit, state, now), begun });
  }
  return together(lanes, limit);
}

interface Looped {
  readonly items: readonly LoopItem[];
  readonly units: readonly { readonly unit: Unit; readonly key: string }[];
}

const looped = new WeakMap<Task, Looped>();

/** With their keys, made once: a loop of a thousand items is looked through a thousand times. */
function unitsOfLoop(task: Task, items: readonly LoopItem[]): Looped['units'] {
  const known = looped.get(task);
  if (known?.items === items) return known.units;
  const units = items.map((item) => ({ unit: { task, item }, key: keyOf({ task, item }) }));
  looped.set(task, { items, units });
  return units;
}

function isOver(key: string, task: Task, state: RunState, { rechecked, effectOf }: Circumstances): boolean {
  const unit = state.units.get(key);
  // A hold that is being closed is waited for.
  if (!unit || unit.drift === 'reapply' || effectOf(task) === 'hold') return false;
  if (unit.skipped) return true;
  return (
    (unit.outcome === 'ok' || unit.outcome === 'changed') && (unit.settled > state.driveBegan || rechecked.has(key))
  );
}

interface Lane {
  readonly progress: () => Progress;
  /** Something of it has happened: it is gone on with before another is begun. */
  readonly begun: boolean;
}

/** Up to `limit` lanes at a time. When one has failed, the others are let end what they do, and nothing is begun. */
function together(lanes: readonly Lane[], limit: number): Progress {
  const start: OfUnit[] = [];
  let open = 0;
  let busy = false;
  let failed: Progress | null = null;
  let alone: Progress | null = null;
  for (const lane of [...lanes.filter(({ begun }) => begun), ...lanes.filter(({ begun }) => !begun)]) {
    if (open >= limit) break;
    const progress = lane.progress();
    if (progress.is === 'failed') failed ??= progress;
    else if (progress.is === 'alone') alone ??= progress;
    else if (progress.is === 'ready') start.push(...progress.start);
    if (progress.is === 'waiting') busy = true;
    if (progress.is === 'ready' || progress.is === 'waiting') open += 1;
  }
  if (failed) return busy ? waiting : failed;
  if (start.length > 0) return { is: 'ready', start };
  if (busy) return waiting;
  return alone ?? done;
}

function ofUnit(unit: Unit, state: RunState, now: Circumstances): Progress {
  const key = keyOf(unit);
  if (now.busy.has(key)) return waiting;
  const known = state.units.get(key);
  if (isApproval(unit.task)) return ofApproval(unit, known);
  if (!known) return begin('attempt', unit);
  if (known.skipped) return done;
  const effect = now.effectOf(unit.task);
  const ofThisDrive = known.settled > state.driveBegan;
  if (isFailure(known) && ofThisDrive && known.retried < known.settled) return afterFailure(unit, known, state);
  if (isFailure(known) || known.outcome === null || known.drift === 'reapply') {
    // A child run is asked by being gone on with.
    const asked = maybeHappened(known, effect) && known.drift === null && !isChildRun(unit.task);
    return begin(asked ? 'reconcile' : 'attempt', unit);
  }
  if (ofThisDrive || now.rechecked.has(key)) return done;
  switch (effect) {
    case 'none':
      return state.newestIntent > known.settled ? done : begin('attempt', unit);
    case 'hold': {
      if (known.held || !isNeeded(unit.task, now.playbook, state)) return done;
      // Nobody is held again for an event that may have happened long ago.
      const first = halfDoneUnder(unit.task, state, now);
      return first ? { is: 'ready', start: [first] } : begin('attempt', unit);
    }
    default:
      return unit.task.recheck ? begin('recheck', unit) : done;
  }
}

function ofApproval(unit: Unit, known: UnitState | undefined): Progress {
  if (known?.skipped || known?.outcome === 'ok') return done;
  if (known?.outcome === 'failed') return { is: 'failed', unit: known };
  return { is: 'alone', transition: { do: 'approve', unit } };
}

/** Proved not to have happened when an earlier drive had begun it: it is simply done now. Else it may be tried again. */
function afterFailure(unit: Unit, known: UnitState, state: RunState): Progress {
  // A child run that an earlier drive had begun has been gone on with: its failure is one.
  const leftUndone = known.notDone && (known.lastIntent ?? 0) < state.driveBegan && !isChildRun(unit.task);
  if (leftUndone) return begin('attempt', unit);
  const { retry } = unit.task;
  const { error } = known;
  if (!retry || !error || !retry.errors.includes(error.class) || known.failures > retry.max) {
    return { is: 'failed', unit: known };
  }
  const { first, longest } = retry.backoff;
  const afterMs = Math.min(longest, first * 2 ** (known.failures - 1));
  return { is: 'ready', start: [{ do: 'retry', unit, afterMs, why: error.error }] };
}

function begin(what: 'attempt' | 'recheck' | 'reconcile', unit: Unit): Progress {
  return { is: 'ready', start: [{ do: what, unit }] };
}
