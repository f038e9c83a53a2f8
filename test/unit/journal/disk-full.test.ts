import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Journal } from '../../../src/journal/store.ts';
import { created, ended, failure, fileWorld, freshHome, intent, newRun, result } from './journal-world.ts';

/** A home on a disk of one megabyte. */
function smallDisk() {
  const home = freshHome();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', home], { stdio: 'pipe' });
  } catch (thrown) {
    throw new Error('this test mounts a tmpfs: run it as root', { cause: thrown });
  }
  // Lazy, since a journal that a test leaves open keeps it busy.
  onTestFinished(() => void execFileSync('umount', ['--lazy', home]));
  return {
    ...fileWorld({ home }),
    fill() {
      for (const size of [65_536, 4_096]) {
        try {
          for (;;) appendFileSync(join(home, 'filler'), Buffer.alloc(size));
        } catch {
          // Full.
        }
      }
    },
    makeRoom: () => writeFileSync(join(home, 'filler'), ''),
  };
}

/** An intent too large for what is left of the file's last page. */
const largeIntent = intent('next', { text: 'x'.repeat(20_000) });

async function fullBeforeIntent() {
  const disk = smallDisk();
  const journal = await disk.store.create(newRun());
  await journal.append(created);
  await journal.append(intent('a'));
  disk.fill();
  return { ...disk, journal, run: journal.run };
}

describe('a full disk', () => {
  it('refuses an intent and leaves the journal as it was', async () => {
    const { journal, paths, run, store } = await fullBeforeIntent();
    const { size } = statSync(paths(run).journal);
    const error = await failure(() => journal.append(largeIntent));
    expect(error).toMatchObject({
      code: 'JOURNAL_WRITE_FAILED',
      class: 'journal',
      message: 'the journal cannot be written: no space left on the disk',
      hint: expect.stringContaining('free some space'),
    });
    expect(statSync(paths(run).journal).size).toBe(size);
    expect(existsSync(paths(run).reserve)).toBe(true);
    expect(await store.verify(run)).toMatchObject({ records: 2, torn_bytes: 0 });
  });

  it('still lets what has happened be written, into the reserve, and nothing new be begun there', async () => {
    const { journal, paths, run, store } = await fullBeforeIntent();
    await journal.append(result('a', { text: 'y'.repeat(20_000) }));
    expect(existsSync(paths(run).reserve)).toBe(false);
    expect(await failure(() => journal.append(intent('b')))).toMatchObject({ code: 'JOURNAL_WRITE_FAILED' });
    await journal.append({ type: 'run.parked', data: { why: 'disk full', status: 'interrupted', error: null } });
    await journal.close();
    expect((await store.read(run)).map(({ type }) => type)).toEqual([
      'run.created',
      'task.intent',
      'task.result',
      'run.parked',
    ]);
    expect(await store.summary(run)).toMatchObject({ status: 'interrupted' });
  });

  it('still lets the end be written, in the index too', async () => {
    const { journal, run, store } = await fullBeforeIntent();
    const end = { ...ended, data: { ...ended.data, status: 'failed', outputs: 'z'.repeat(20_000) } } as const;
    await journal.append(end);
    await journal.close();
    expect(await store.summary(run)).toMatchObject({ status: 'failed' });
    expect(await store.verify(run)).toMatchObject({ records: 3 });
  });

  it('refuses a value for a blob without a trace of it', async () => {
    const { journal, paths, run } = await fullBeforeIntent();
    expect(await failure(() => journal.append(intent('b', 'x'.repeat(100_000))))).toMatchObject({
      code: 'JOURNAL_WRITE_FAILED',
    });
    expect(execFileSync('ls', ['-A', paths(run).blobs]).toString()).toBe('');
  });

  it('drops log lines rather than the run', async () => {
    const { journal, paths, run } = await fullBeforeIntent();
    journal.log({ level: 'info', message: 'x'.repeat(20_000) });
    expect(readFileSync(paths(run).log).length).toBeLessThan(20_000);
  });

  it('is over when there is room again: the run is opened with a new reserve', async () => {
    const { journal, paths, run, store, makeRoom } = await fullBeforeIntent();
    await journal.append(result('a', { text: 'y'.repeat(20_000) }));
    await journal.close();
    expect(await failure(() => store.open(run))).toMatchObject({ code: 'JOURNAL_WRITE_FAILED' });
    makeRoom();
    const again: Journal = await store.open(run);
    expect(statSync(paths(run).reserve).size).toBe(64 * 1024);
    await again.append(largeIntent);
    expect(await store.verify(run)).toMatchObject({ records: 4 });
  });

  it('makes no run: nothing was begun', async () => {
    const { store, fill } = smallDisk();
    fill();
    expect(await failure(() => store.create(newRun()))).toMatchObject({ code: 'JOURNAL_WRITE_FAILED' });
  });
});
