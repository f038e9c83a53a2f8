import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pgdba, startPgdba } from '../harness/cli.ts';
import { processesWith } from '../harness/processes.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';

const init = ['cluster', 'init', '--provider', 'local', '--name', 'torn'];

/** Text of the newest journal of a home; empty before there is one. */
function journal(home: string): string {
  const runs = join(home, 'runs');
  if (!existsSync(runs)) return '';
  const [newest] = readdirSync(runs)
    .filter((name) => name.length === 26)
    .sort()
    .reverse();
  const file = join(runs, newest ?? '', 'journal.jsonl');
  return newest && existsSync(file) ? readFileSync(file, 'utf8') : '';
}

describe('an init that is killed', () => {
  let home: ScratchHome;
  beforeEach(async () => {
    home = await scratchHome();
  });
  afterEach(async () => {
    await pgdba(home.path, 'cluster', 'destroy', '--name', 'torn', '--confirm');
    await home.remove();
  });

  const record = (type: string, task: string) => (text: string) =>
    text.split('\n').some((line) => line.includes(`"type":"${type}"`) && line.includes(`"task":"${task}"`));

  it.each([
    ['right after the intent to register', record('task.intent', 'register')],
    ['while the members start', record('task.intent', 'members')],
    ['while it waits for the standbys', record('task.result', 'members')],
  ])('%s is finished by `runs resume`', async (_, reached) => {
    const child = startPgdba(home.path, ...init);
    await until('the moment', () => reached(journal(home.path)));
    child.kill('SIGKILL');
    await until('pgdba to be dead', () => child.exitCode !== null || child.signalCode !== null);

    const { envelope: list } = await pgdba(home.path, 'runs', 'list');
    expect(list.data.runs).toEqual([expect.objectContaining({ playbook: 'init-cluster', status: 'interrupted' })]);

    const resumed = await pgdba(home.path, 'runs', 'resume', 'last');
    expect(resumed.stderr).not.toMatch(/error/i);
    expect(resumed.envelope.run).toMatchObject({ status: 'succeeded', changed: true });
    const status = await pgdba(home.path, 'cluster', 'status', '--name', 'torn');
    expect(status.envelope.data).toMatchObject({ healthy: true, replica_count: 2 });
    expect((await pgdba(home.path, 'runs', 'verify', 'last')).exit).toBe(0);
  });

  it('can also be destroyed as it lies there, and leaves nothing', async () => {
    const child = startPgdba(home.path, ...init);
    await until('the moment', () => record('task.result', 'members')(journal(home.path)));
    child.kill('SIGKILL');
    await until('pgdba to be dead', () => child.signalCode !== null);
    const { directory } = JSON.parse(readFileSync(join(home.path, 'clusters.json'), 'utf8')).clusters.torn;
    const destroyed = await pgdba(home.path, 'cluster', 'destroy', '--name', 'torn', '--confirm');
    expect(destroyed.exit).toBe(0);
    expect(existsSync(directory)).toBe(false);
    expect(processesWith(directory)).toEqual([]);
  });

  it('keeps a second init away while it runs, which then says who holds the cluster', async () => {
    const child = startPgdba(home.path, ...init);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await until('the lease', () => journal(home.path).includes('lease.acquired'));
    const second = await pgdba(home.path, ...init);
    expect(second.exit).toBe(4);
    expect(second.envelope).toMatchObject({ code: 'LEASE_BUSY', facts: { cluster: 'torn', pid: child.pid } });
    expect(await ended).toBe(0);
    expect((await pgdba(home.path, ...init)).envelope.run).toMatchObject({ changed: false });
  });
});
