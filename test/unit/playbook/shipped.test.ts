import { describe, expect, it } from 'vitest';
import { shippedPlaybooks, shippedVerbs } from '../../../src/playbook/catalogue.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { Registry } from '../../../src/step/registry.ts';
import { probes, steps } from '../../../steps/index.ts';

describe('the shipped playbooks', async () => {
  const shipped = await shippedPlaybooks();

  it.each(shipped)('$name is valid and only uses what this version executes', async ({ name, file, source }) => {
    const playbook = await loadPlaybook(source, file, new Registry(steps, probes));
    expect(playbook.name).toBe(name);
  });

  it('have a verb each, and none is claimed twice', async () => {
    const verbs = await shippedVerbs();
    expect(new Set(verbs.map(({ verb }) => verb)).size).toBe(verbs.length);
    expect(new Set(verbs.map(({ playbook }) => playbook))).toEqual(new Set(shipped.map(({ name }) => name)));
  });
});
