import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { monotonicNow } from '../../../../src/engine/lease/judge-holder.ts';
import { acquireLease, type LeaseRequest } from '../../../../src/engine/lease/lease.ts';
import type { LeaseContent } from '../../../../src/engine/lease/lease-file.ts';
import { PgdbaError } from '../../../../src/errors/pgdba-error.ts';
import { bootId, ownIdentity, processStat } from '../../../../src/journal/process-identity.ts';

/** A home, and a clock of our own for the beats; the process is real. */
function world() {
  const home = mkdtempSync(join(tmpdir(), 'pgdba-lease-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const file = (key: string): string => join(home, 'leases', 'demo', key);
  const clock = { ms: monotonicNow() };
  const stolen: string[][] = [];
  const content = (key: string): LeaseContent => JSON.parse(readFileSync(file(key), 'utf8')) as LeaseContent;
  return {
    home,
    file,
    clock,
    stolen,
    content,
    take: (run: string, over: Partial<LeaseRequest> = {}) =>
      acquireLease({
        home,
        cluster: 'demo',
        keys: ['topology'],
        run,
        now: () => clock.ms,
        onSteal: (...what) => stolen.push(what),
        ...over,
      }),
    /** Changes a lease file as a holder in another situation would have written it. */
    rewrite(key: string, over: Partial<LeaseContent>) {
      writeFileSync(file(key), JSON.stringify({ ...content(key), ...over }));
    },
  };
}

async function failure(action: Promise<unknown>): Promise<PgdbaError> {
  const thrown = await action.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof PgdbaError) return thrown;
  throw new Error(`not one of our errors: ${String(thrown)}`);
}

describe('a lease', () => {
  it('says in its file who holds it, readable by its owner only', async () => {
    const { take, content, file } = world();
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const lease = await take('run-1');
    expect(content('topology')).toMatchObject({ run: 'run-1', token: 1, host: expect.any(String), ...ownIdentity() });
    expect(statSync(file('topology')).mode & 0o777).toBe(0o600);
    expect(statSync(join(file('topology'), '..')).mode & 0o777).toBe(0o700);
    await lease.assertHeld();
    await lease.release();
    await lease.release();
    expect(readdirSync(join(file('topology'), '..'))).toEqual(['topology.token']);
  });

  it('is refused to others while its holder lives, with what to do about it', async () => {
    const { take } = world();
    await take('run-1');
    const error = await failure(take('run-2'));
    expect(error).toMatchObject({
      code: 'LEASE_BUSY',
      facts: { cluster: 'demo', run: 'run-1', pid: process.pid, host: expect.any(String), since: expect.any(String) },
    });
    expect(error.hint).toContain('pgdba runs show run-1');
    expect(error.hint).toContain('--wait 5m');
  });

  it('raises its token with every holder, also across a release', async () => {
    const { take } = world();
    for (const token of [1, 2, 3]) {
      const lease = await take('run');
      expect(lease.token).toBe(token);
      await lease.release();
    }
  });

  it('lets a backup and a switchover run side by side, and takes both keys or none', async () => {
    const { take, content, file } = world();
    const backup = await take('backup', { keys: ['backup'] });
    const topology = await take('switchover');
    await topology.release();
    expect(await failure(take('restore', { keys: ['topology', 'backup'] }))).toMatchObject({
      facts: { run: 'backup' },
    });
    expect(readdirSync(join(file('backup'), '..')).sort()).toEqual(['backup', 'topology.token']);
    await backup.release();
    const both = await take('restore', { keys: ['topology', 'backup'] });
    expect(both.keys).toEqual(['backup', 'topology']);
    expect([content('backup').token, content('topology').token, both.token]).toEqual([2, 2, 2]);
  });

  it('holds nothing when it is asked for no key', async () => {
    const { take } = world();
    await take('run-1');
    const none = await take('run-2', { keys: [] });
    expect([none.keys, none.token]).toEqual([[], 0]);
    await none.assertHeld();
    await none.release();
  });

  it('waits for a living holder as long as it was told', async () => {
    const { take } = world();
    const first = await take('run-1');
    const second = take('run-2', { waitMs: 10_000 });
    await first.release();
    expect((await second).token).toBe(2);
    expect(await failure(take('run-3', { waitMs: 20 }))).toMatchObject({ code: 'LEASE_BUSY', facts: { run: 'run-2' } });
  });

  it('stops waiting when it is interrupted', async () => {
    const { take } = world();
    await take('run-1');
    const stop = new AbortController();
    const waiting = failure(take('run-2', { waitMs: 60_000, signal: stop.signal }));
    stop.abort();
    expect(await waiting).toMatchObject({ code: 'INTERRUPTED' });
  });

  it('refuses a file it cannot read, naming it', async () => {
    const { take, file } = world();
    await take('run-1');
    writeFileSync(file('topology'), '');
    expect(await failure(take('run-2'))).toMatchObject({ code: 'LEASE_DAMAGED', facts: { file: file('topology') } });
  });
});

describe('a wall clock that is set', () => {
  for (const hours of [-1, 1]) {
    it(`by ${hours} h neither frees a lease nor ends the waiting for it`, async () => {
      const { take } = world();
      const monotonic = { now: monotonicNow };
      const lease = await take('run-1', monotonic);
      vi.useFakeTimers({ toFake: ['Date'] });
      onTestFinished(() => void vi.useRealTimers());
      vi.setSystemTime(Date.now() + hours * 3_600_000);
      expect(await failure(take('run-2', monotonic))).toMatchObject({ code: 'LEASE_BUSY', facts: { run: 'run-1' } });
      const waiting = take('run-3', { ...monotonic, waitMs: 10_000 });
      vi.setSystemTime(Date.now() + hours * 3_600_000);
      await lease.assertHeld();
      await lease.release();
      expect((await waiting).token).toBe(2);
    });
  }
});

describe('the lease of a holder that is no more', () => {
  const gone: { because: string; holder: () => Partial<LeaseContent>; why: string }[] = [
    { because: 'the machine was started again', holder: () => ({ boot_id: 'another' }), why: 'started again' },
    { because: 'there is no such process', holder: () => ({ pid: 2 ** 22 + 1 }), why: 'is gone' },
    { because: 'its pid belongs to another process', holder: () => ({ start_time: 1 }), why: 'is gone' },
  ];
  for (const { because, holder, why } of gone) {
    it(`is taken at once when ${because}, and told`, async () => {
      const world_ = world();
      const first = await world_.take('run-1');
      world_.rewrite('topology', holder());
      const second = await world_.take('run-2');
      expect(second.token).toBe(2);
      expect(world_.stolen).toEqual([['run-1', expect.stringContaining(why), 'topology']]);
      expect(await failure(first.assertHeld())).toMatchObject({
        code: 'LEASE_LOST',
        facts: { run: 'run-1', cluster: 'demo', holder: 'run-2' },
      });
    });
  }

  it('is taken at once when its process is a zombie', async () => {
    const { take, rewrite } = world();
    await take('run-1');
    // The shell's child ends and nobody waits for it, since the shell has become a sleep.
    const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    const deadline = Date.now() + 5_000;
    while (processStat(pid)?.state !== 'Z' && Date.now() < deadline) await new Promise(setImmediate);
    const { state, start_time } = processStat(pid) ?? {};
    expect(state).toBe('Z');
    rewrite('topology', { boot_id: bootId(), pid, start_time: start_time ?? 0 });
    expect((await take('run-2')).token).toBe(2);
  });
});

describe('the lease of a holder that lives but is silent', () => {
  it('is taken after 30 seconds on the monotonic clock, not before', async () => {
    const { take, clock, stolen } = world();
    const first = await take('run-1');
    clock.ms += 29_999;
    expect(await failure(take('run-2'))).toMatchObject({ code: 'LEASE_BUSY' });
    clock.ms += 1;
    const second = await take('run-2');
    expect(second.token).toBe(2);
    expect(stolen).toEqual([['run-1', expect.stringContaining('silent for 30 s'), 'topology']]);
    expect(await failure(first.assertHeld())).toMatchObject({ code: 'LEASE_LOST', facts: { holder: 'run-2' } });
  });

  it('is not taken when it showed that it lives', async () => {
    const { take, clock } = world();
    const first = await take('run-1');
    clock.ms += 29_000;
    await first.assertHeld();
    clock.ms += 29_000;
    expect(await failure(take('run-2'))).toMatchObject({ code: 'LEASE_BUSY' });
  });

  it('does not come to that while its process works: it beats every ten seconds, and stops when released', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { take, clock, content } = world();
    const lease = await take('run-1');
    clock.ms += 25_000;
    vi.advanceTimersByTime(10_000);
    expect(content('topology').beat).toBe(clock.ms);
    await lease.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stays with the new holder when the sleeper wakes up, beats, and gives back', async () => {
    const { take, clock, content } = world();
    const sleeper = await take('run-1');
    clock.ms += 30_000;
    const second = await take('run-2');
    await failure(sleeper.assertHeld());
    await sleeper.release();
    expect(content('topology')).toMatchObject({ run: 'run-2', token: 2 });
    await second.assertHeld();
    await second.release();
    expect((await take('run-3')).token).toBe(3);
  });
});
