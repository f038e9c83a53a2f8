import { describe, expect, it, vi } from 'vitest';
import { created, failure, fileWorld, intent, newRun, result } from './journal-world.ts';

/** Stands for a disk that fails while it syncs, which no real one does on command. */
const disk = vi.hoisted(() => ({ fails: false }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  return {
    ...real,
    fdatasyncSync(fd: number) {
      if (disk.fails) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      real.fdatasyncSync(fd);
    },
  };
});

describe('a failed sync', () => {
  it('ends the journal: nobody knows what the disk kept, so a later sync that succeeds proves nothing', async () => {
    const { store } = fileWorld();
    const journal = await store.create(newRun());
    await journal.append(created);
    disk.fails = true;
    expect(await failure(() => journal.append(intent('a')))).toMatchObject({
      code: 'JOURNAL_WRITE_FAILED',
      facts: { errno: 'EIO' },
    });
    disk.fails = false;
    expect(await failure(() => journal.append(result('a')))).toMatchObject({ code: 'JOURNAL_WRITE_FAILED' });
    expect(journal.records).toHaveLength(1);
    await journal.close();

    // The next driver looks at what is there: here the record had reached the disk after all.
    expect((await store.open(journal.run)).records.at(-1)).toMatchObject({ type: 'task.intent' });
  });
});
