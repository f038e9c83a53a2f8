import type { Playbook, Task } from '../playbook/playbook.ts';
import type { Effect } from '../step/define-step.ts';
import type { RunState, UnitState } from './run-state.ts';
import { type Circumstances, isChildRun, isDone, type OfUnit, type Transition, unitsOf } from './transition.ts';

/** The work of a hold's task: everything up to the task that releases it, or to the end. */
function tasksUnder(hold: Task, { tasks }: Playbook): readonly Task[] {
  const release = tasks.findIndex(({ releases }) => releases === hold.id);
  return tasks.slice(tasks.indexOf(hold) + 1, release === -1 ? tasks.length : release);
}

/** Holds whose work this task belongs to. A task of `finally` belongs to none: by then all are released. */
export function holdsOver(task: Task, { tasks }: Playbook, effectOf: (task: Task) => Effect): readonly Task[] {
  const before = tasks.slice(0, Math.max(0, tasks.indexOf(task)));
  const released = new Set([...before, task].map(({ releases }) => releases));
  return before.filter((hold) => effectOf(hold) === 'hold' && !released.has(hold.id));
}

/** Some work that the hold protects is not done yet. */
export function isNeeded(hold: Task, playbook: Playbook, state: RunState): boolean {
  return tasksUnder(hold, playbook).some((task) => !isDone(task, state));
}

/** An event under this hold whose end an earlier drive did not see: the world is asked before clients are held again. */
export function halfDoneUnder(hold: Task, state: RunState, now: Circumstances): OfUnit | null {
  for (const task of tasksUnder(hold, now.playbook)) {
    const unit = state.units.get(task.id);
    if (!unit || unit.settled > state.driveBegan || unit.outcome === 'ok' || unit.outcome === 'changed') continue;
    if (!maybeHappened(unit, now.effectOf(task))) continue;
    return { do: isChildRun(task) ? 'attempt' : 'reconcile', unit: { task, item: null } };
  }
  return null;
}

/** An event that was begun, and of which nobody has proved or said that it did not happen. */
export function maybeHappened(known: UnitState, effect: string): boolean {
  return effect === 'once' && known.firstIntent !== null && !known.notDone && known.decision !== 'not-done';
}

/** A task that `releases` a hold is done: the hold is over. */
export function closedByTask({ tasks }: Playbook, state: RunState, busy: ReadonlySet<string>): OfUnit | null {
  for (const task of releasing(tasks)) {
    if (task.releases === null || busy.has(task.releases) || !isDone(task, state)) continue;
    const hold = tasks.find(({ id }) => id === task.releases);
    const held = heldUnits(state).find((unit) => unit.task === task.releases);
    const unit = hold && held && unitsOf(hold, state).find(({ item }) => (item?.key ?? null) === held.item);
    if (unit) return { do: 'close-hold', unit, by: task.id };
  }
  return null;
}

const releasers = new WeakMap<readonly Task[], readonly Task[]>();

/** The tasks that release a hold: most playbooks have none, and this is asked before every task. */
function releasing(tasks: readonly Task[]): readonly Task[] {
  const known = releasers.get(tasks) ?? tasks.filter(({ releases }) => releases !== null);
  releasers.set(tasks, known);
  return known;
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
