import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireLease } from '../../../../src/engine/lease/lease.ts';
import { leasePaths } from '../../../../src/engine/lease/lease-paths.ts';
import { listLeases } from '../../../../src/engine/lease/list-leases.ts';
import { putInQuarantine } from '../../../../src/engine/lease/quarantine.ts';
import { stealLease } from '../../../../src/engine/lease/steal-lease.ts';
import { PgdbaError } from '../../../../src/errors/pgdba-error.ts';
import { backdateLease } from '../../../harness/backdate-lease.ts';
import { failureOf } from '../../../harness/failure-of.ts';
import { scratchHome } from '../../../harness/scratch-home.ts';

async function world() {
  const home = await scratchHome();
  onTestFinished(() => home.remove());
  const paths = leasePaths(home.path, 'demo', ['topology', 'backup']);
  const stolen: string[][] = [];
  const file = `${home.path}/leases/demo/topology`;
  return {
    home: home.path,
    paths,
    file,
    stolen,
    async take(run: string, keys: ('topology' | 'backup')[] = ['topology']) {
      const onSteal = (...what: string[]) => void stolen.push(what);
      const lease = await acquireLease({ home: home.path, cluster: 'demo', keys, run, onSteal });
      onTestFinished(() => lease.release());
      return lease;
    },
    steal: () => stealLease({ cluster: 'demo', paths, by: 'alice', reason: 'it hangs' }),
    kill() {
      const content = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...content, pid: spawnSync('true').pid }));
    },
  };
}

function thrownBy(action: () => unknown): PgdbaError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof PgdbaError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('stealing a lease', () => {
  it('is refused while its holder lives and works, with the way to end that one', async () => {
    const { take, steal } = await world();
    const lease = await take('run-1');
    const error = thrownBy(steal);
    expect(error).toMatchObject({ code: 'LEASE_BUSY', facts: { cluster: 'demo', run: 'run-1', pid: process.pid } });
    expect(error.message).toContain(', alive)');
    expect(error.hint).toContain('pgdba runs cancel run-1');
    await lease.assertHeld();
  });

  it('from a silent holder takes effect at once: its next step is refused, and says who and why', async () => {
    const { home, file, take, steal } = await world();
    const lease = await take('run-1');
    backdateLease(file);
    expect(steal()).toEqual([{ key: 'topology', run: 'run-1', token: 2, why: expect.stringContaining('silent') }]);
    const error = await failureOf(lease.assertHeld());
    expect(error).toMatchObject({ code: 'LEASE_LOST', facts: { run: 'run-1', holder: 'nobody' } });
    expect(error.message).toMatch(/no longer holds cluster demo: alice took it away: it hangs$/);
    expect(listLeases(home)).toMatchObject([{ run: 'run-1', state: 'stolen', token: 2 }]);
  });

  it('is told to the next taker, which has a higher token again', async () => {
    const { file, take, steal, stolen } = await world();
    await take('run-1');
    backdateLease(file);
    steal();
    expect((await take('run-2')).token).toBe(3);
    expect(stolen).toEqual([['run-1', 'alice took it away: it hangs', 'topology']]);
  });

  it('from a dead holder works at once, and a second time changes nothing', async () => {
    const { take, steal, kill } = await world();
    await take('run-1');
    kill();
    expect(steal()).toMatchObject([{ run: 'run-1', why: 'its process is gone' }]);
    expect(steal()).toEqual([]);
  });

  it('takes nothing from anybody when one of the holders lives', async () => {
    const { home, file, take, steal } = await world();
    await take('run-1');
    backdateLease(file);
    await take('run-2', ['backup']);
    expect(thrownBy(steal)).toMatchObject({ code: 'LEASE_BUSY', facts: { run: 'run-2' } });
    expect(listLeases(home)).toMatchObject([
      { run: 'run-2', state: 'held' },
      { run: 'run-1', state: 'silent' },
    ]);
  });

  it('is no way around the acknowledgement of a failed rollback', async () => {
    const { paths, steal } = await world();
    putInQuarantine(paths, { run: 'run-1', why: 'the slot is in use', since: '2026-11-20T12:00:00.000Z' });
    expect(thrownBy(steal)).toMatchObject({ code: 'LEASE_QUARANTINED', facts: { run: 'run-1' } });
  });

  it('finds nothing where nothing is held', async () => {
    const { steal } = await world();
    expect(steal()).toEqual([]);
  });
});
