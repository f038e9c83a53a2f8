import { PgdbaError } from '../errors/pgdba-error.ts';
import type { JournalStore } from '../journal/store.ts';
import { findPlaybook } from '../playbook/catalogue.ts';
import { loadPlaybook } from '../playbook/load.ts';
import type { Playbook } from '../playbook/playbook.ts';
import { childTexts } from '../playbook/read-playbook.ts';
import type { Registry } from '../step/registry.ts';
import type { DriveContext } from './drive-context.ts';
import type { RunState } from './run-state.ts';

/**
 * The playbook as its file is now, for a run that began with an older one. What has begun must still be there under
 * the same id and with the same step, or its results and its undoing would belong to nothing.
 * Errors: NEW_VERSION_MISFIT, those of loading.
 */
export async function newVersion(run: string, old: Playbook, state: RunState, registry: Registry): Promise<Playbook> {
  const { source, file } = await findPlaybook(old.file);
  const playbook = await loadPlaybook(source, file, registry);
  const refuse = (problem: string) => {
    throw new PgdbaError('NEW_VERSION_MISFIT', {
      facts: { run, version: playbook.version, problem },
      hint: `go on with the version it began with: pgdba runs resume ${run}`,
    });
  };
  if (playbook.name !== old.name) refuse(`it is playbook ${playbook.name}, the run began with ${old.name}`);
  if (playbook.target !== old.target || playbook.risk !== old.risk) refuse('its target or its risk is another');
  const tasksOf = ({ tasks, finally: last }: Playbook) => new Map([...tasks, ...last].map((task) => [task.id, task]));
  const now = tasksOf(playbook);
  const before = tasksOf(old);
  for (const { task } of state.units.values()) {
    const found = now.get(task);
    if (!found) refuse(`task ${task} has begun and is no longer there`);
    else if (found.uses !== before.get(task)?.uses) refuse(`task ${task} has begun with another step`);
  }
  for (const name of Object.keys(state.inputs))
    if (!playbook.inputs.has(name)) refuse(`input ${name} is no longer there`);
  return playbook;
}

/** From here on it is the run's own. */
export async function takeNewVersion(context: DriveContext, store: JournalStore, playbook: Playbook): Promise<void> {
  const { source, file, version, sha256 } = playbook;
  const { journal, actor: by } = context.parts;
  await store.replacePlaybook(journal.run, { source, file, children: childTexts(playbook) });
  const stored = await store.storedTexts(journal.run);
  await context.append({ type: 'playbook.replaced', data: { version, sha256, by, stored } });
}
