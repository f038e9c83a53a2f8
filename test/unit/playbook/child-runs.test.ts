import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bindChildInputs } from '../../../src/playbook/bind-inputs.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { childTexts, type ReadPlaybook, readFrom } from '../../../src/playbook/read-playbook.ts';
import { Registry } from '../../../src/step/registry.ts';
import { probes, steps } from '../../../steps/index.ts';
import { testRegistry } from './steps.ts';

const playbook = (name: string, tasks: string, more = '') => `apiVersion: pgdba/v1
kind: Playbook
name: ${name}
version: "1.0.0"
summary: An example.
risk: disruptive
target: cluster
${more}tasks:
${tasks}`;
const start = (id: string, uses: string) => `  - { id: ${id}, uses: "playbook:${uses}" }\n`;
const make = '  - { id: make, uses: test.ensure@1, with: { member: a, name: x } }\n';

/** Reads from a map of files; tells what was asked for. */
function fromMap(files: Readonly<Record<string, string>>): { read: ReadPlaybook; asked: string[] } {
  const asked: string[] = [];
  const read: ReadPlaybook = async (file) => {
    asked.push(file);
    return readFrom(Object.entries(files).map(([name, source]) => ({ file: name, source })))(file);
  };
  return { read, asked };
}

describe('the playbook of a child run', () => {
  it('is found beside its parent, by a path of its own, or by the name of a shipped one', async () => {
    const leaf = playbook('leaf', make);
    const { read, asked } = fromMap({
      'books/a.yaml': leaf,
      'lib/b.yml': playbook('b', start('go', './c.yaml')),
      'lib/c.yaml': leaf,
      '/abs/d.yaml': leaf,
      '/opt/pgdba/playbooks/shipped.yaml': playbook('shipped', start('go', '../e.yaml')),
      '/opt/pgdba/e.yaml': leaf,
    });
    const uses = ['./a.yaml', '../lib/b.yml', '/abs/d.yaml', 'shipped', 'a.yaml'];
    const tasks = uses.map((path, at) => start(`t${at}`, path)).join('');
    const { children } = await loadPlaybook(playbook('top', tasks), './books/top.yaml', testRegistry(), read);
    expect([...children.keys()]).toEqual(uses.map((path) => `playbook:${path}`));
    expect(children.get('playbook:../lib/b.yml')?.children.get('playbook:./c.yaml')?.name).toBe('leaf');
    expect(asked).toEqual([
      'books/a.yaml',
      'lib/b.yml',
      'lib/c.yaml',
      '/abs/d.yaml',
      'shipped',
      '/opt/pgdba/e.yaml',
      'books/a.yaml',
    ]);
  });

  it('is read from the disk when nothing else is said', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgdba-children-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'lib', 'child.yaml'), playbook('child', make));
    const top = join(folder, 'top.yaml');
    const { children } = await loadPlaybook(playbook('top', start('go', './lib/child.yaml')), top, testRegistry());
    expect(children.get('playbook:./lib/child.yaml')).toMatchObject({
      name: 'child',
      file: join(folder, 'lib', 'child.yaml'),
    });
  });

  it('may be a shipped one', async () => {
    const top = playbook('top', start('go', 'switchover'));
    const { children } = await loadPlaybook(top, 'top.yaml', new Registry(steps, probes));
    expect(children.get('playbook:switchover')?.name).toBe('switchover');
  });

  it('is loaded once for all tasks that start it', async () => {
    const { read, asked } = fromMap({ 'a.yaml': playbook('a', make) });
    await loadPlaybook(playbook('top', start('x', 'a.yaml') + start('y', 'a.yaml')), 'top.yaml', testRegistry(), read);
    expect(asked).toEqual(['a.yaml']);
  });

  it('limits how long its task may take, unless the task says so itself', async () => {
    const { read } = fromMap({ 'a.yaml': playbook('a', make, 'timeout: 2h\n') });
    const tasks = `${start('x', 'a.yaml')}  - { id: y, uses: "playbook:a.yaml", timeout: 10m }\n`;
    const top = await loadPlaybook(playbook('top', tasks), 'top.yaml', testRegistry(), read);
    expect(top.tasks.map(({ timeout }) => timeout)).toEqual([7_200_000, 600_000]);
  });

  it('may be started by many, but not by more than a hundred', async () => {
    const files = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`p${at}.yaml`, playbook('leaf', make)]));
    const { read } = fromMap(files);
    const tasks = Object.keys(files).map((file, at) => start(`t${at}`, file));
    const registry = testRegistry();
    const load = (count: number) =>
      loadPlaybook(playbook('top', tasks.slice(0, count).join('')), 'top.yaml', registry, read);
    await expect(load(100)).resolves.toMatchObject({ name: 'top' });
    await expect(load(101)).rejects.toThrow(/top\.yaml:109:\d+: more than 100 child playbooks/);
  });

  it('may be nested ten deep', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, at) => [
        `p${at + 1}.yaml`,
        playbook('p', at === 9 ? make : start('go', `p${at + 2}.yaml`)),
      ]),
    );
    const top = playbook('top', start('go', 'p1.yaml'));
    await expect(loadPlaybook(top, 'top.yaml', testRegistry(), fromMap(files).read)).resolves.toBeDefined();
  });
});

describe('a run that is resumed', () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'pgdba-children-'));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    return path;
  };

  it('loads its children from what was stored, whatever has become of the files', async () => {
    const home = folder();
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(home, file)), { recursive: true });
      writeFileSync(join(home, file), text);
    };
    write('child.yaml', playbook('child', start('go', './lib/inner.yaml') + start('again', 'lib/inner.yaml')));
    write('lib/inner.yaml', playbook('inner', make));
    const top = playbook('top', start('go', './child.yaml') + start('shipped', 'switchover'));
    const registry = new Registry({ ...steps, 'test.ensure@1': async () => ({ default: await ensure() }) }, probes);
    const loaded = await loadPlaybook(top, join(home, 'top.yaml'), registry);
    const stored = childTexts(loaded);
    rmSync(home, { recursive: true });
    const again = await loadPlaybook(top, join(home, 'top.yaml'), registry, readFrom(stored));
    expect(shasOf(again)).toEqual(shasOf(loaded));
    expect(stored.map(({ file }) => file.replace(home, '').replace(/^.*playbooks/, ''))).toEqual([
      '/switchover.yaml',
      '/child.yaml',
      '/lib/inner.yaml',
    ]);
  });

  it('takes the shipped playbook for a name, not a file that is called so', async () => {
    const own = playbook('switchover', make);
    const shipped = playbook('switchover', make, 'timeout: 1h\n');
    const read: ReadPlaybook = async (file) =>
      file === 'switchover' ? { file: '/opt/playbooks/switchover.yaml', source: shipped } : { file, source: own };
    const top = playbook('top', start('mine', './switchover.yaml') + start('theirs', 'switchover'));
    const loaded = await loadPlaybook(top, 'top.yaml', testRegistry(), read);
    const again = await loadPlaybook(top, 'top.yaml', testRegistry(), readFrom(childTexts(loaded)));
    expect(shasOf(again)).toEqual(shasOf(loaded));
  });

  it('is refused with its place when a text is missing', async () => {
    const top = playbook('top', start('go', './child.yaml'));
    await expect(loadPlaybook(top, 'top.yaml', testRegistry(), readFrom([]))).rejects.toMatchObject({
      code: 'PLAYBOOK_INVALID',
      facts: { line: 9, problem: 'cannot read child.yaml: it is not stored with the run' },
    });
  });
});

type Loaded = Awaited<ReturnType<typeof loadPlaybook>>;

function shasOf({ sha256, children }: Loaded): unknown {
  return [sha256, [...children].map(([uses, child]) => [uses, shasOf(child)])];
}

async function ensure() {
  return testRegistry().load('test.ensure@1');
}

describe('the inputs of a child run', () => {
  const inputs = `inputs:
  words: { type: array, optional: true }
  waits: { type: array, items: { type: string, format: duration }, optional: true }
  grace: { type: string, format: duration, default: 5s }
  size:  { type: string, format: bytes, optional: true }
  count: { type: integer, minimum: 1, optional: true }
`;
  const child = loadPlaybook(playbook('child', make, inputs), 'child.yaml', testRegistry());

  it('are taken as they are: a list is not split, a duration may be its milliseconds', async () => {
    const rendered = { words: ['a,b', '[c]'], waits: [1500, '2s'], grace: 90_000, size: 1024, count: 2 };
    expect(bindChildInputs(await child, rendered, 'go')).toEqual({ ...rendered, waits: [1500, 2000] });
  });

  it('have their defaults, also where an expression gave nothing', async () => {
    expect(bindChildInputs(await child, { grace: null, size: '1MiB' }, 'go')).toEqual({ grace: 5000, size: 1_048_576 });
  });

  it.each([
    [{ count: 0 }, /input count: 0 is below 1 \(task go\)/],
    [{ words: 'a' }, /input words: must be a list/],
    [{ grace: -1 }, /input grace: "-1ms" is not a duration/],
    [{ words: [1] }, /input words: "1" is not text/],
    [{ wrds: [] }, /input wrds: playbook child has no such input/],
  ])('%j are refused', async (rendered, says) => {
    const loaded = await child;
    expect(() => bindChildInputs(loaded, rendered, 'go')).toThrow(says);
  });
});
