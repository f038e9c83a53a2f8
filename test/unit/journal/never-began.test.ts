import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pgdba } from '../../harness/cli.ts';
import { created, fileWorld, intent, newRun, writtenRun } from './journal-world.ts';

/** Where a kill can catch a run that is being made. */
const moments = ['no journal', 'an empty journal', 'half a first line'] as const;

/** A run that was killed at that moment, its process gone. */
async function killed(moment: (typeof moments)[number]) {
  const world = fileWorld();
  const { run } = await world.store.create(newRun());
  const paths = world.paths(run);
  if (moment === 'no journal') rmSync(paths.journal);
  if (moment === 'half a first line') writeFileSync(paths.journal, '{"v":1,"seq":1,"ts":"20');
  writeFileSync(world.index, readFileSync(world.index, 'utf8').replace(/"pid":\d+/, `"pid":${2 ** 22 + 1}`));
  return { ...world, run, directory: paths.directory };
}

describe.each(moments)('a run that was killed before its first record, with %s', (moment) => {
  it('is listed and shown as one that never began', async () => {
    const { home, run } = await killed(moment);
    const list = await pgdba(home, 'runs', 'list');
    expect(list.envelope.data.runs).toMatchObject([{ id: run, status: 'never-began', changed: null }]);
    const { exit, envelope } = await pgdba(home, 'runs', 'show', run);
    expect(exit).toBe(0);
    expect(envelope.data).toMatchObject({ id: run, status: 'never-began', playbook: 'switchover', actor: 'anna' });
    const shown = await pgdba(home, 'runs', 'show', 'last', '--format', 'table');
    expect(shown.stdout).toMatch(/it never began, nothing was changed[\s\S]*pgdba runs doctor --repair/);
  });

  it.each([['resume'], ['cancel'], ['cancel', '--leave'], ['rollback'], ['tail'], ['export']])(
    'is refused with a sentence and a way on: %s %s',
    async (verb, ...more) => {
      const { home, run } = await killed(moment);
      const { exit, envelope } = await pgdba(home, 'runs', verb, run, ...more);
      expect(exit).toBe(2);
      expect(envelope).toMatchObject({
        code: 'RUN_NEVER_BEGAN',
        error: `run ${run} never began; nothing was changed`,
        hint: expect.stringContaining('pgdba runs doctor --repair'),
      });
    },
  );

  it('is found by doctor and removed by --repair, with an index and without', async () => {
    for (const lost of [false, true]) {
      const { home, run, index, directory } = await killed(moment);
      if (lost) rmSync(index);
      const look = await pgdba(home, 'runs', 'doctor');
      expect(look.exit).toBe(1);
      expect(look.envelope.data.findings).toContainEqual(expect.objectContaining({ problem: 'never-began', run }));
      expect(existsSync(directory)).toBe(true);
      expect(await pgdba(home, 'runs', 'doctor', '--repair')).toMatchObject({ exit: 0 });
      expect(existsSync(directory)).toBe(false);
      expect(await pgdba(home, 'runs', 'doctor')).toMatchObject({ exit: 0, envelope: { data: { findings: [] } } });
      expect((await pgdba(home, 'runs', 'list')).envelope.data.runs).toEqual([]);
    }
  });

  it('is removed by prune once it is old enough, and not before', async () => {
    const { home, directory } = await killed(moment);
    const days = String(Math.ceil((Date.now() - Date.parse('2026-01-01T00:00:00Z')) / 86_400_000));
    await pgdba(home, 'runs', 'prune', '--keep-days', days, '--yes');
    expect(existsSync(directory)).toBe(true);
    expect(await pgdba(home, 'runs', 'prune', '--keep-days', '7', '--yes')).toMatchObject({ exit: 0 });
    expect(existsSync(directory)).toBe(false);
  });
});

describe('runs doctor', () => {
  it('leaves a run alone that was removed and then made again under its id, as a parent does with a child', async () => {
    const { home, store, paths } = fileWorld();
    const id = await writtenRun(store, []);
    await store.remove(id);
    await writtenRun(store, [created, intent('a')], { id });
    expect(await pgdba(home, 'runs', 'doctor', '--repair')).toMatchObject({ exit: 0 });
    expect(existsSync(paths(id).journal)).toBe(true);
    expect(await store.summary(id)).toMatchObject({ status: 'interrupted' });
  });

  it('takes no run for one that never began whose records were removed', async () => {
    const { home, store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a')]);
    writeFileSync(paths(run).journal, '');
    const { envelope } = await pgdba(home, 'runs', 'doctor', '--repair');
    expect(envelope.data.findings).toMatchObject([{ problem: 'unreadable', run, repaired: false }]);
    expect(existsSync(paths(run).directory)).toBe(true);
  });
});
