import type { Registry } from '../step/registry.ts';
import type { Playbook } from './playbook.ts';
import type { ReadPlaybook } from './read-playbook.ts';

/**
 * The text of a playbook → a validated, frozen Playbook with those of its child runs. `file` is for messages, and what
 * the paths of child playbooks are relative to; `read` is for these: from the disk, or from what was stored with a run
 * (`readFrom`). The YAML reader, CEL and the validator are loaded by the first call.
 * Errors: YAML_INVALID, PLAYBOOK_INVALID (facts file, line, col, problem, path, snippet; `more` for further problems),
 * NOT_YET for a schedule.
 */
export async function loadPlaybook(
  source: string,
  file: string,
  registry: Registry,
  read: ReadPlaybook = fromDisk,
): Promise<Playbook> {
  const [{ assemblePlaybook }, { firstOf }] = await Promise.all([
    import('./assemble.ts'),
    import('./load-children.ts'),
  ]);
  return assemblePlaybook(source, file, registry, firstOf(file, read));
}

const fromDisk: ReadPlaybook = async (file) => (await import('./catalogue.ts')).findPlaybook(file);
