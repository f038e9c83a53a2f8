import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import type { AnyRecord, NewRecord } from '../../../src/journal/record.ts';
import type { Journal } from '../../../src/journal/store.ts';
import { checked, created, fileWorld, freshHome, intent, newRun, result } from './journal-world.ts';

/** Counts what reaches the disk, and stands for one that fails while it syncs. */
const disk = vi.hoisted(() => ({ writes: 0, syncs: 0, fails: false }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  return {
    ...real,
    writeSync(...args: Parameters<typeof real.writeSync>) {
      disk.writes += 1;
      return real.writeSync(...args);
    },
    fdatasyncSync(fd: number) {
      disk.syncs += 1;
      if (disk.fails) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      real.fdatasyncSync(fd);
    },
  };
});

async function begun(home = freshHome()) {
  const world = fileWorld({ home });
  const journal = await world.store.create(newRun());
  await journal.append(created);
  return { ...world, journal };
}

/** What reached the disk while `work` went on. */
async function counted(work: () => Promise<unknown>): Promise<{ writes: number; syncs: number }> {
  const before = { ...disk };
  await work();
  return { writes: disk.writes - before.writes, syncs: disk.syncs - before.syncs };
}

const outcomes = (all: readonly PromiseSettledResult<AnyRecord>[]): string[] =>
  all.map((one) =>
    one.status === 'fulfilled' ? one.value.type : one.reason instanceof PgdbaError ? one.reason.code : '?',
  );

const together = (journal: Journal, records: readonly NewRecord[]) =>
  Promise.allSettled(records.map((record) => journal.append(record)));

describe('records appended at the same moment', () => {
  it('share one write and one sync, and stand in the order of their calls', async () => {
    const { journal, store } = await begun();
    const tasks = ['a', 'b', 'c', 'd', 'e'];
    const cost = await counted(() => Promise.all(tasks.map((task) => journal.append(intent(task)))));
    expect(cost).toEqual({ writes: 1, syncs: 1 });
    expect((await store.read(journal.run)).slice(1).map(({ task }) => task)).toEqual(tasks);
  });

  it('are synced together when one of them has to be, and not at all when none has', async () => {
    const { journal } = await begun();
    expect(await counted(() => together(journal, [checked('a'), checked('b')]))).toEqual({ writes: 1, syncs: 0 });
    expect(await counted(() => together(journal, [checked('a'), intent('a')]))).toMatchObject({ syncs: 1 });
  });

  it('of branches that wake up one after the other in one turn are still written together', async () => {
    const { journal } = await begun();
    await together(journal, [intent('a'), intent('b'), intent('c'), intent('d')]);
    // Callbacks of one phase of the event loop, each with its own microtasks: what timers and sockets do.
    const woken = ['a', 'b', 'c', 'd'].map(
      (task) => new Promise((resolve) => setImmediate(() => resolve(journal.append(result(task))))),
    );
    const cost = await counted(() => Promise.all(woken));
    expect(cost.syncs).toBeLessThanOrEqual(2);
  });

  it('of tasks that only look are too, when their driver says that others are under way', async () => {
    const { journal } = await begun();
    const woken = ['a', 'b', 'c', 'd'].map(
      (task) => new Promise((resolve) => setImmediate(() => resolve(journal.append(result(task), { shared: true })))),
    );
    const cost = await counted(() => Promise.all(woken));
    expect(cost.syncs).toBeLessThanOrEqual(2);
  });

  it('of one branch do not wait for the end of the turn', async () => {
    const { journal } = await begun();
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    for (const record of [checked('a'), intent('a'), result('a'), intent('b'), result('b')])
      await journal.append(record);
    expect(turned).toBe(false);
  });

  it('all fail when their sync fails, and so does every later one', async () => {
    const { journal } = await begun();
    disk.fails = true;
    const all = await together(journal, [intent('a'), result('b'), intent('c')]);
    disk.fails = false;
    expect(outcomes(all)).toEqual(Array(3).fill('JOURNAL_WRITE_FAILED'));
    expect(outcomes(await together(journal, [result('a')]))).toEqual(['JOURNAL_WRITE_FAILED']);
    expect(journal.records).toHaveLength(1);
  });

  it('leave the others alone when one is our own defect', async () => {
    const { journal, store } = await begun();
    const broken = { ...result('b'), data: { ...result('b').data, out: 1n as never } };
    const tooLong = { ...intent('c'), task: 'c'.repeat(70_000) };
    const all = await together(journal, [intent('a'), broken, tooLong, intent('d')]);
    expect(outcomes(all)).toEqual(['task.intent', 'BUG', 'BUG', 'task.intent']);
    expect((await store.read(journal.run)).map(({ seq, task }) => `${seq} ${task ?? ''}`)).toEqual([
      '1 ',
      '2 a',
      '3 d',
    ]);
  });

  it('stand alone on a full disk: what has happened is written, what is about to begin is refused', async () => {
    const home = freshHome();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', home], { stdio: 'pipe' });
    onTestFinished(() => void execFileSync('umount', ['--lazy', home]));
    const { journal, store, paths } = await begun(home);
    await together(journal, [intent('a'), intent('b')]);
    for (const size of [65_536, 4_096]) {
      try {
        for (;;) appendFileSync(join(home, 'filler'), Buffer.alloc(size));
      } catch {
        // Full.
      }
    }
    const large = { text: 'x'.repeat(20_000) };
    const all = await together(journal, [result('a', large), intent('c', large), result('b', large), intent('d')]);
    expect(outcomes(all)).toEqual(['task.result', 'JOURNAL_WRITE_FAILED', 'task.result', 'JOURNAL_WRITE_FAILED']);
    expect(existsSync(paths(journal.run).reserve)).toBe(false);
    await journal.close();
    expect(await store.verify(journal.run)).toMatchObject({ records: 5, torn_bytes: 0 });
    expect(readFileSync(paths(journal.run).journal, 'utf8')).not.toContain('"task":"c"');
  });
});
