import type { Playbook } from '../playbook/playbook.ts';
import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Registry } from '../step/registry.ts';
import { isApproval, isChildRun } from './transition.ts';

export interface LoadedSteps {
  readonly steps: ReadonlyMap<string, AnyStep>;
  readonly probes: ReadonlyMap<string, AnyProbe>;
}

/** Every step and probe the playbook uses, rollback overrides included, by `id@major`. */
export async function loadSteps(playbook: Playbook, registry: Registry): Promise<LoadedSteps> {
  const tasks = [...playbook.prechecks, ...playbook.tasks, ...playbook.finally];
  const uses = tasks
    .filter((task) => !isChildRun(task) && !isApproval(task))
    .flatMap((task) => [task.uses, ...(isOverride(task.rollback) ? [task.rollback.uses] : [])]);
  const loaded = [...new Set(uses)].map(async (id) => [id, await registry.load(id)] as const);
  const probes = playbook.probes.map(async ({ uses: id }) => [id, await registry.loadProbe(id)] as const);
  return { steps: new Map(await Promise.all(loaded)), probes: new Map(await Promise.all(probes)) };
}

function isOverride<T>(rollback: 'none' | T | null): rollback is T {
  return rollback !== null && rollback !== 'none';
}
