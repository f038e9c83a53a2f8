import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grammar, requiredKeys } from '../../../src/playbook/grammar.ts';
import { inputFormats } from '../../../src/playbook/input.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { packageRoot } from '../../../src/playbook/package-root.ts';
import { Registry } from '../../../src/step/registry.ts';
import { probes, steps } from '../../../steps/index.ts';

const page = readFileSync(join(packageRoot(), 'docs', 'playbooks.md'), 'utf8');

describe('the grammar', () => {
  it.each(['playbook', 'task', 'input'] as const)('of %s stands in docs/playbooks.md, key by key', (noun) => {
    expect(Object.keys(grammar[noun]).filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });

  it('requires only keys it has', () => {
    for (const [noun, keys] of Object.entries(requiredKeys)) {
      expect(Object.keys(new Map(Object.entries(grammar)).get(noun) ?? {})).toEqual(expect.arrayContaining([...keys]));
    }
  });

  it('has its formats and functions documented', () => {
    const names = [...inputFormats, 'bytes(', 'ms(', 'lsn_diff('];
    expect(names.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });

  it('is shown by an example that loads', async () => {
    const text = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    await expect(loadPlaybook(text, 'docs/playbooks.md', new Registry(steps, probes))).resolves.toMatchObject({
      name: 'app-database',
    });
  });
});
