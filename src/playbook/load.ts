import type { Registry } from '../step/registry.ts';
import type { Playbook } from './playbook.ts';

/**
 * The text of a playbook → a validated, frozen Playbook. `file` is for messages. The YAML reader, CEL and the validator
 * are loaded by the first call.
 * Errors: YAML_INVALID, PLAYBOOK_INVALID (facts file, line, col, problem, path, snippet; `more` for further problems),
 * NOT_YET for what this version cannot execute.
 */
export async function loadPlaybook(source: string, file: string, registry: Registry): Promise<Playbook> {
  const { assemblePlaybook } = await import('./assemble.ts');
  return assemblePlaybook(source, file, registry);
}
