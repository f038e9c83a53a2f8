import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireLease } from '../../../../src/engine/lease/lease.ts';
import { bootId, processStat } from '../../../../src/journal/process-identity.ts';

/** A lease whose holder is dead, and a process that the run's guard.json names as its guard. */
async function leftBehind(ends_within_ms: number) {
  const home = mkdtempSync(join(tmpdir(), 'pgdba-lease-guard-'));
  const guard = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => {
    guard.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });
  const take = (run: string, over: { signal?: AbortSignal } = {}) =>
    acquireLease({ home, cluster: 'demo', keys: ['topology'], run, ...over });
  await take('run-1');
  const file = join(home, 'leases', 'demo', 'topology');
  const dead = spawnSync('true').pid;
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), pid: dead }));
  const pid = guard.pid ?? 0;
  const presence = { boot_id: bootId(), pid, start_time: processStat(pid)?.start_time, task: 'pause', ends_within_ms };
  mkdirSync(join(home, 'runs', 'run-1'), { recursive: true });
  writeFileSync(join(home, 'runs', 'run-1', 'guard.json'), JSON.stringify(presence));
  return { guard, take };
}

describe('a lease whose dead holder left a guard behind', () => {
  it('is given once the guard is gone, also to one who does not wait', async () => {
    const { guard, take } = await leftBehind(60_000);
    const events: string[] = [];
    const taken = take('run-2').then((lease) => {
      events.push('taken');
      return lease;
    });
    const gone = once(guard, 'exit').then(() => events.push('gone'));
    await new Promise((resolve) => setImmediate(resolve));
    guard.kill('SIGKILL');
    await gone;
    const lease = await taken;
    expect(events).toEqual(['gone', 'taken']);
    expect(lease.token).toBe(2);
    await lease.release();
  });

  it('is given when the guard is later than it can be', async () => {
    const { guard, take } = await leftBehind(200);
    const start = performance.now();
    const lease = await take('run-2');
    expect(performance.now() - start).toBeGreaterThanOrEqual(199);
    expect(guard.exitCode).toBeNull();
    await lease.release();
  });

  it('is waited for no longer than the run itself wants', async () => {
    const { take } = await leftBehind(60_000);
    const stop = new AbortController();
    const taken = take('run-2', { signal: stop.signal });
    stop.abort();
    await expect(taken).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
