import type { Playbook } from '../playbook/playbook.ts';
import { type RunState, type UnitState, unitKey } from './run-state.ts';

/**
 * What this run may have changed, in the order in which it is undone: the half-done first, since nobody knows how far it
 * got; then the last begun first. A parallel block is undone branch by branch: what one branch made never stood on
 * another's. What runs at every end is not among it: it runs after the rollback, too.
 */
export function undoList({ tasks }: Playbook, state: RunState): UnitState[] {
  const branches = new Map(tasks.map(({ id, branch }) => [id, branch]));
  const touched = [...state.units.values()].filter((unit) => unit.firstIntent !== null && branches.has(unit.task));
  const begun = new Map<string, number>();
  const reach = (group: string, seq: number) => begun.set(group, Math.max(begun.get(group) ?? 0, seq));
  const groups = (unit: UnitState): string[] => {
    const branch = branches.get(unit.task);
    const own = `unit ${unitKey(unit.task, unit.item)}`;
    return branch ? [`block ${branch.block}`, `branch ${branch.block} ${branch.index}`, own] : [own];
  };
  for (const unit of touched) for (const group of groups(unit)) reach(group, unit.firstIntent ?? 0);
  const place = (unit: UnitState) => [isHalfDone(unit) ? 1 : 0, ...groups(unit).map((group) => begun.get(group) ?? 0)];
  const places = new Map(touched.map((unit) => [unit, place(unit)]));
  return touched.sort((a, b) => descending(places.get(a) ?? [], places.get(b) ?? []));
}

/** It was begun and nobody recorded how it ended. */
function isHalfDone({ outcome }: UnitState): boolean {
  return outcome === null || outcome === 'unknown';
}

function descending(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (b[at] ?? 0) - (a[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
