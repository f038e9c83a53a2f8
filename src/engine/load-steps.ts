import type { Playbook } from '../playbook/playbook.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Registry } from '../step/registry.ts';

/** Every step the playbook uses, its rollback overrides included, by `id@major`. */
export async function loadSteps(playbook: Playbook, registry: Registry): Promise<ReadonlyMap<string, AnyStep>> {
  const tasks = [...playbook.prechecks, ...playbook.tasks, ...playbook.finally];
  const uses = tasks.flatMap((task) => [task.uses, ...(isOverride(task.rollback) ? [task.rollback.uses] : [])]);
  const loaded = [...new Set(uses)].map(async (id) => [id, await registry.load(id)] as const);
  return new Map(await Promise.all(loaded));
}

function isOverride<T>(rollback: 'none' | T | null): rollback is T {
  return rollback !== null && rollback !== 'none';
}
