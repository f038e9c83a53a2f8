import { appendFileSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pgdba } from '../../harness/cli.ts';
import { EngineLab } from '../../harness/engine-lab.ts';
import { failureOf } from '../../harness/failure-of.ts';
import { created, failure, fileWorld, freshHome, newRun } from './journal-world.ts';

describe('a stored playbook', () => {
  /** A run of a playbook with two child playbooks, its journal vouching for the three. */
  async function vouched() {
    const world = fileWorld();
    const children = ['one', 'two'].map((name) => ({ file: `${name}.yaml`, source: `name: ${name}\n` }));
    const journal = await world.store.create(newRun({ children }));
    const stored = await world.store.storedTexts(journal.run);
    await journal.append({ ...created, data: { ...created.data, stored } });
    const { playbook, directory } = world.paths(journal.run);
    return { ...world, journal, run: journal.run, playbook, child: join(directory, 'playbooks', '2.yaml') };
  }

  it('is given back as long as nobody touched it', async () => {
    const { store, run } = await vouched();
    expect((await store.playbook(run)).children).toHaveLength(2);
    expect(await store.verify(run)).toMatchObject({ records: 1 });
  });

  it('is refused when it was edited, took another name, lost a child or got one, and the file is named', async () => {
    const { store, run, playbook, child } = await vouched();
    const changes: readonly [string, (file: string) => void][] = [
      [playbook, (file) => appendFileSync(file, '# harmless\n')],
      [playbook, (file) => writeFileSync(file, readFileSync(file, 'utf8').replace(' with playbooks', ''))],
      [playbook, (file) => rmSync(file)],
      [child, (file) => appendFileSync(file, '# harmless\n')],
      [child, (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('two.yaml', 'one.yaml'))],
      [child, (file) => rmSync(file)],
      [child.replace('2.yaml', '3.yaml'), (file) => copyFileSync(child, file)],
    ];
    for (const [file, change] of changes) {
      const before = [playbook, child].map((path) => readFileSync(path));
      change(file);
      for (const look of [() => store.verify(run), () => store.playbook(run)]) {
        const error = await failure(look);
        expect(error).toMatchObject({ code: 'PLAYBOOK_ALTERED', facts: { run } });
        expect([file, playbook]).toContain(error.facts['file']);
        expect(error.hint).toContain(`pgdba runs verify ${run}`);
      }
      [playbook, child].forEach((path, at) => {
        writeFileSync(path, before[at] ?? '');
      });
      rmSync(child.replace('2.yaml', '3.yaml'), { force: true });
      expect(await store.verify(run)).toMatchObject({ records: 1 });
    }
  });

  it('is the newer one once the journal says so; one whose record a crash kept out does not count', async () => {
    const { store, run, journal, playbook } = await vouched();
    const old = await store.playbook(run);
    const newer = { file: 'newer.yaml', source: 'name: newer\n', children: [] };
    await store.replacePlaybook(run, newer);
    expect(await store.playbook(run)).toEqual(old);
    const stored = await store.storedTexts(run);
    await journal.append({ type: 'playbook.replaced', data: { version: '2', sha256: 'x', by: 'anna', stored } });
    expect(await store.playbook(run)).toEqual(newer);
    appendFileSync(playbook, '# harmless\n');
    expect(await failure(() => store.verify(run))).toMatchObject({
      code: 'PLAYBOOK_ALTERED',
      facts: { file: playbook },
    });
  });

  it('is taken as it is when the journal of an older pgdba vouches for nothing', async () => {
    const { store, paths } = fileWorld();
    const journal = await store.create(newRun());
    await journal.append(created);
    appendFileSync(paths(journal.run).playbook, '# mine\n');
    expect((await store.playbook(journal.run)).source).toContain('# mine');
  });

  it('is vouched for with its secrets masked, as it lies there', async () => {
    const { store, redactor } = fileWorld();
    redactor.add('hunter2-hunter2');
    const journal = await store.create(newRun({ source: 'password: hunter2-hunter2\n' }));
    const stored = await store.storedTexts(journal.run);
    await journal.append({ ...created, data: { ...created.data, stored } });
    expect(await store.verify(journal.run)).toMatchObject({ records: 1 });
  });
});

describe('a run whose stored playbook was edited while it was left', () => {
  const task = (id: string) => `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} } }\n`;

  /** Runs until its first task is done, then somebody edits that file. */
  async function left(body: string, edit: (directory: string) => void) {
    const home = freshHome();
    const lab = new EngineLab(home);
    lab.child('kid', `tasks:\n${task('k')}`);
    const controller = new AbortController();
    const report = await lab.run(body, {
      signal: controller.signal,
      onRecord: ({ type }) => type === 'task.intent' && controller.abort('SIGINT'),
    });
    const id = report.id ?? '';
    edit(join(home, 'runs', id));
    return { home, lab, id };
  }

  it.each([
    ['itself', 'playbook.yaml'],
    ['that of a child run', join('playbooks', '1.yaml')],
  ])('is not resumed: %s', async (_, name) => {
    const body = `tasks:\n${task('a')}  - { id: sub, uses: "playbook:./kid.yaml" }\n`;
    const { home, lab, id } = await left(body, (directory) => {
      const file = join(directory, name);
      const text = readFileSync(file, 'utf8');
      expect(text).toContain('summary: A lab.');
      writeFileSync(file, text.replace('summary: A lab.', 'summary: B lab.'));
    });
    const deeds = lab.deeds();
    expect(await failureOf(lab.resume(id))).toMatchObject({ code: 'PLAYBOOK_ALTERED' });
    expect(lab.deeds()).toEqual(deeds);
    expect(await pgdba(home, 'runs', 'verify', id)).toMatchObject({ envelope: { code: 'PLAYBOOK_ALTERED' } });
    const doctor = await pgdba(home, 'runs', 'doctor');
    expect(doctor.envelope.data.findings).toMatchObject([{ problem: 'unreadable', run: id, repaired: false }]);
  });

  it('is resumed with a child run when nobody edited anything', async () => {
    const body = `tasks:\n${task('a')}  - { id: sub, uses: "playbook:./kid.yaml" }\n`;
    const { home, lab, id } = await left(body, () => undefined);
    expect(await lab.resume(id)).toMatchObject({ status: 'succeeded' });
    const runs = readdirSync(join(home, 'runs')).filter((name) => name.length === 26);
    expect(runs).toHaveLength(2);
    for (const run of runs) expect(await lab.parts.store.verify(run)).toMatchObject({ torn_bytes: 0 });
  });
});
