import { describe, expect, it } from 'vitest';
import { pgdba } from '../../harness/cli.ts';
import { created, ended, fileWorld, writtenRun } from '../journal/journal-world.ts';

describe('runs list, for people', () => {
  it('has whole playbook names and each moment on one line, in the width of a page', async () => {
    const { home, store } = fileWorld();
    const playbook = 'app-database-create';
    const reason = 'the team on call asked for a second database beside the first';
    await writtenRun(store, [created, ended], { playbook, reason });
    await writtenRun(store, [created, ended], { playbook: 'cluster-switchover' });
    const { stdout } = await pgdba(home, 'runs', 'list', '--format', 'table');
    expect(stdout).toContain(playbook);
    expect(stdout).toContain('cluster-switchover');
    expect(stdout).not.toContain('…');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(stdout.match(/ \d\d-\d\dT\d\d:\d\dZ /g)).toHaveLength(2);
  });
});
