import type { Scope } from '../playbook/template.ts';
import type { RunState } from './run-state.ts';
import type { Unit } from './transition.ts';

/** What the expressions of a unit see: everything journaled so far, and its loop variable. */
export function scopeOf(run: string, state: RunState, unit: Unit | null): Scope {
  return {
    inputs: state.inputs,
    target: state.target,
    run: { id: run },
    tasks: state.results,
    probes: Object.fromEntries([...state.probes].map(([id, out]) => [id, { out }])),
    ...(unit?.item && unit.task.for_each ? { [unit.task.for_each.as]: unit.item.value } : {}),
  };
}
