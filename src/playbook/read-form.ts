import { decodeInputs } from './decode-input.ts';
import type { Input } from './input.ts';
import { Problems } from './problems.ts';
import { readYaml } from './read-yaml.ts';
import { Source } from './source.ts';

/**
 * The inputs of a form that was journaled the way a playbook declares inputs; null and {} are an empty form.
 * Errors: PLAYBOOK_INVALID.
 */
export function readForm(form: unknown): ReadonlyMap<string, Input> {
  if (form === null) return new Map();
  // JSON is YAML, and so a form is read by the same code as the inputs of a playbook.
  const source = new Source(JSON.stringify(form, null, 1), 'form');
  const problems = new Problems(source);
  const inputs = decodeInputs(readYaml(source), problems);
  problems.throwIfAny('PLAYBOOK_INVALID');
  return inputs ?? new Map();
}
