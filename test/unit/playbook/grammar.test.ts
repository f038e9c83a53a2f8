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

  it.each(['for_each', 'retry', 'parallel', 'probe'] as const)(
    'of %s stands in docs/playbooks.md in one line',
    (noun) => {
      const lists = [...page.matchAll(/`\{([^`]*)\}`/g)].map(([, list = '']) => list.split(/[,:]\s*/));
      const keys = Object.keys(grammar[noun]);
      expect(lists.filter((list) => keys.every((key) => list.includes(key)))).not.toEqual([]);
    },
  );

  it('requires only keys it has', () => {
    for (const [noun, keys] of Object.entries(requiredKeys)) {
      expect(Object.keys(new Map(Object.entries(grammar)).get(noun) ?? {})).toEqual(expect.arrayContaining([...keys]));
    }
  });

  it('has its formats and functions documented', () => {
    const names = [...inputFormats, 'bytes(', 'ms(', 'lsn_diff('];
    expect(names.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });

  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

  it.each(blocks.map((text) => [/^name: (\S+)/m.exec(text)?.[1] ?? text, text]))(
    'is shown by an example that loads: %s',
    async (name, text) => {
      const loaded = loadPlaybook(text, 'docs/playbooks.md', new Registry(steps, probes));
      await expect(loaded).resolves.toMatchObject({ name });
    },
  );

  it('has an example for every word that steers', () => {
    const words = ['retry: {', 'max_parallel:', 'parallel:', 'uses: "playbook:', 'uses: approve@1', 'must:'];
    expect(words.filter((word) => !blocks.some((text) => text.includes(word)))).toEqual([]);
  });
});
