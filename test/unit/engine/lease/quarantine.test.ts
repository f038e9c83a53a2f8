import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acknowledge, acknowledgements } from '../../../../src/engine/lease/acknowledge.ts';
import { acquireLease } from '../../../../src/engine/lease/lease.ts';
import { leasePaths } from '../../../../src/engine/lease/lease-paths.ts';
import { listLeases } from '../../../../src/engine/lease/list-leases.ts';
import { liftQuarantine, putInQuarantine } from '../../../../src/engine/lease/quarantine.ts';
import { failureOf } from '../../../harness/failure-of.ts';
import { scratchHome } from '../../../harness/scratch-home.ts';

const since = '2026-11-20T12:00:00.000Z';

async function world() {
  const home = await scratchHome();
  onTestFinished(() => home.remove());
  const paths = leasePaths(home.path, 'demo', ['topology']);
  return {
    home: home.path,
    paths,
    lock: (run: string, why = 'the slot is in use') => putInQuarantine(paths, { run, why, since }),
    async take(run: string, over: { keys?: ('topology' | 'backup')[]; waitMs?: number } = {}) {
      const lease = await acquireLease({ home: home.path, cluster: 'demo', keys: ['topology'], run, ...over });
      onTestFinished(() => lease.release());
      return lease;
    },
  };
}

describe('the lease of a run whose rollback failed', () => {
  it('is given to nobody else, with or without waiting, and says how to go on', async () => {
    const { take, lock } = await world();
    const lease = await take('run-1');
    lock('run-1');
    await lease.release();
    for (const waitMs of [0, 60_000]) {
      const error = await failureOf(take('run-2', { waitMs }));
      expect(error).toMatchObject({
        code: 'LEASE_QUARANTINED',
        class: 'conflict',
        facts: { cluster: 'demo', run: 'run-1', why: 'the slot is in use', since },
      });
      expect(error.hint).toContain('pgdba lease ack run-1 --reason');
    }
  });

  it('is not in the way of work under another key', async () => {
    const { take, lock } = await world();
    lock('run-1');
    expect((await take('backup', { keys: ['backup'] })).token).toBe(1);
    expect(await failureOf(take('restore', { keys: ['backup', 'topology'] }))).toMatchObject({ code: 'LEASE_BUSY' });
  });

  it('leaves nothing taken behind when only one of two keys is locked', async () => {
    const { home, take, lock } = await world();
    lock('run-1');
    expect(await failureOf(take('restore', { keys: ['backup', 'topology'] }))).toMatchObject({
      code: 'LEASE_QUARANTINED',
    });
    expect(listLeases(home)).toMatchObject([{ run: 'run-1', state: 'quarantined', pid: null }]);
  });

  it('is taken over by that very run, and stays locked for others when that run dies again', async () => {
    const { take, lock } = await world();
    lock('run-1');
    const again = await take('run-1');
    expect(await failureOf(take('run-2'))).toMatchObject({ code: 'LEASE_BUSY', facts: { run: 'run-1' } });
    await again.release();
    expect(await failureOf(take('run-2'))).toMatchObject({ code: 'LEASE_QUARANTINED' });
  });

  it('cannot be slipped into between the last look and the lock', async () => {
    const { take, lock, paths } = await world();
    const first = await take('run-1');
    // The second waits for the first, which locks the cluster while it still has it.
    const second = failureOf(take('run-2', { waitMs: 60_000 }));
    lock('run-1');
    await first.release();
    expect(await second).toMatchObject({ code: 'LEASE_QUARANTINED' });
    liftQuarantine(paths, 'run-1');
    expect((await take('run-3')).token).toBeGreaterThan(1);
  });

  it('keeps the first run that locked it, and is unlocked by none but that', async () => {
    const { home, lock, paths } = await world();
    lock('run-1');
    lock('run-2', 'something else');
    expect(liftQuarantine(paths, 'run-2')).toEqual([]);
    expect(listLeases(home)).toMatchObject([{ run: 'run-1', why: 'the slot is in use' }]);
    lock('run-1', 'now the disk is full');
    expect(listLeases(home)).toMatchObject([{ run: 'run-1', why: 'now the disk is full' }]);
  });

  it('is free once it was acknowledged, and the acknowledgement is kept beside it', async () => {
    const { home, take, lock, paths } = await world();
    lock('run-1');
    const words = { by: 'alice', reason: 'slot dropped by hand' };
    expect(acknowledge(paths, { run: 'run-0', ...words })).toBeNull();
    const line = {
      at: expect.any(String),
      run: 'run-1',
      keys: ['topology'],
      ...words,
      why: 'the slot is in use',
      since,
    };
    expect(acknowledge(paths, { run: 'run-1', ...words })).toEqual(line);
    expect(acknowledgements(join(home, 'leases', 'demo'))).toEqual([line]);
    expect((await take('run-2')).token).toBe(1);
  });

  it('stays locked when its file cannot be read, which is named', async () => {
    const { take, lock, paths } = await world();
    lock('run-1');
    const file = `${paths[0]?.path}.quarantine`;
    writeFileSync(file, '{"run":"run-1"}');
    expect(await failureOf(take('run-2'))).toMatchObject({ code: 'LEASE_DAMAGED', facts: { file } });
  });
});
