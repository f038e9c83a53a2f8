import type { Json } from '../journal/record.ts';
import type { Scope } from '../playbook/template.ts';
import type { Unit } from './decide.ts';
import { type RunState, unitKey } from './run-state.ts';

/** What the expressions of a unit see: everything journaled so far, and its loop variable. */
export function scopeOf(run: string, state: RunState, unit: Unit | null): Scope {
  const tasks: Record<string, unknown> = {};
  for (const [id, { out, error }] of state.prechecks) {
    tasks[id] = { status: error ? 'failed' : 'ok', changed: false, out };
  }
  for (const [task, items] of state.items) tasks[task] = loopResult(state, task, items);
  for (const known of state.units.values()) {
    if (known.item !== null) continue;
    const status = known.skipped ? 'skipped' : known.outcome;
    tasks[known.task] = { status, changed: known.outcome === 'changed', ...(known.skipped ? {} : { out: known.out }) };
  }
  return {
    inputs: state.inputs,
    target: state.target,
    run: { id: run },
    tasks,
    probes: Object.fromEntries([...state.probes].map(([id, out]) => [id, { out }])),
    ...(unit?.item && unit.task.for_each ? { [unit.task.for_each.as]: unit.item.value } : {}),
  };
}

function loopResult(state: RunState, task: string, items: readonly { key: string }[]) {
  const units = items.map(({ key }) => ({ key, unit: state.units.get(unitKey(task, key)) }));
  const outs: Record<string, Json> = {};
  for (const { key, unit } of units) if (unit?.outcome) outs[key] = unit.out;
  return { status: 'ok', changed: units.some(({ unit }) => unit?.outcome === 'changed'), items: outs };
}
