import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { fileStore } from '../../../src/journal/file-store.ts';
import { GuardJournal } from '../../../src/journal/guard-journal.ts';
import type { NewRecord } from '../../../src/journal/record.ts';
import { checked, created, ended, failure, fileWorld, intent, newRun, result, writtenRun } from './journal-world.ts';
import { look, refusals } from './look.ts';

describe('a run that was killed, its journal cut or changed anywhere in its last records', () => {
  /** No end in the index, and a head as old as a crash may leave it: nothing but the chain itself protects the tail. */
  async function killed(records: readonly NewRecord[]) {
    const world = fileWorld();
    const run = await writtenRun(world.store, records);
    const { journal, head } = world.paths(run);
    writeFileSync(head, `${'0'.repeat(12)} ${'0'.repeat(64)}\n`);
    return { ...world, run, journal, good: readFileSync(journal) };
  }

  const records = [created, checked('a'), intent('a'), result('a'), checked('b'), intent('b')];
  const startsOf = (bytes: Buffer): number[] =>
    [...bytes.keys()].filter((at) => at === 0 || bytes[at - 1] === 0x0a).filter((at) => at < bytes.length);

  it('is told as torn wherever it is cut inside a line, and is opened with what was whole', async () => {
    const { store, run, journal, good } = await killed(records);
    const starts = startsOf(good);
    const from = starts.at(-4) ?? 0;
    for (let length = from; length < good.length; length++) {
      writeFileSync(journal, good.subarray(0, length));
      const whole = starts.filter((at) => at < length).length - (starts.includes(length) ? 0 : 1);
      const torn = starts.includes(length) ? '' : ', torn';
      expect(await look(store, run), `cut to ${length}`).toBe(`${whole} records${torn}`);
    }
    writeFileSync(journal, good.subarray(0, good.length - 7));
    const opened = await store.open(run);
    expect(opened.records.map(({ type }) => type).slice(-2)).toEqual(['task.checked', 'journal.repaired']);
    await opened.close();
    expect(await look(store, run)).toBe('6 records');
  });

  it('is refused with the offset of the line, or told as torn when it is the last one, whichever bit is flipped', async () => {
    const { store, run, journal, good } = await killed(records);
    const starts = startsOf(good);
    for (let at = starts.at(-3) ?? 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8((good[at] ?? 0) ^ (1 << (at % 8)), at);
      writeFileSync(journal, bad);
      const line = starts.filter((start) => start <= at).length;
      // A newline made of another byte joins two lines: the first of them is the bad one.
      if (line < starts.length && at !== (starts.at(-1) ?? 0) - 1) {
        const error = await failure(() => store.read(run));
        const known = error.code === 'JOURNAL_TOO_NEW' || error.facts['offset'] === starts[line - 1];
        expect(known, `byte ${at}: ${error.message}`).toBe(true);
      } else {
        expect(['refused', `${line - 1} records, torn`], `byte ${at}`).toContain(await look(store, run));
      }
    }
  });

  it('reads every blob, cut or changed at any place, as damage', async () => {
    const { store, run, paths } = await killed([created, result('a', 'x'.repeat(70_000))]);
    const [name = ''] = readdirSync(paths(run).blobs);
    const blob = join(paths(run).blobs, name);
    const good = readFileSync(blob);
    for (const at of [0, 1, 35_000, good.length - 1]) {
      const bad = Buffer.from(good);
      bad.writeUInt8((good[at] ?? 0) ^ 1, at);
      for (const content of [bad, good.subarray(0, at)]) {
        writeFileSync(blob, content);
        expect(await look(store, run), `byte ${at}`).toBe('refused');
      }
    }
  });
});

describe('what the guard wrote', () => {
  it('is refused when it is changed before its last line, and its last line left out when it is torn', async () => {
    const { store, paths, redactor } = fileWorld();
    const run = await writtenRun(store, [created, intent('hold')]);
    const { directory } = paths(run);
    const guard = new GuardJournal(directory, { run, task: 'hold', redactor });
    guard.append('started', { order: 'pooler-resume', poolers: ['pooler'], members: ['n1'], within_ms: 10_000 });
    guard.append('reached', {});
    guard.append('reached', {});
    const file = join(directory, 'guard.jsonl');
    const good = readFileSync(file);
    const lastLine = good.lastIndexOf('\n', good.length - 2) + 1;
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8((good[at] ?? 0) ^ (1 << (at % 8)), at);
      writeFileSync(file, bad);
      const read = store.guards(run).then(
        (records) => records.length,
        (thrown: unknown) => (thrown instanceof PgdbaError && refusals.includes(thrown.code) ? 'refused' : thrown),
      );
      // The newline before the last line: what stood on both sides of it is one torn last line then.
      expect(at < lastLine - 1 ? ['refused'] : ['refused', 1, 2], `byte ${at}`).toContain(await read);
      writeFileSync(file, good.subarray(0, at));
      expect((await store.guards(run)).length, `cut to ${at}`).toBe(
        good.subarray(0, at).filter((byte) => byte === 0x0a).length,
      );
    }
  });
});

describe('an index that was cut or changed', () => {
  it('never makes a run look shorter than it is: at worst the list lacks it', async () => {
    const { store, index } = fileWorld();
    const run = await writtenRun(store, [created, intent('a'), result('a'), ended]);
    const good = readFileSync(index);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8((good[at] ?? 0) ^ 1, at);
      for (const content of [bad, good.subarray(0, at)]) {
        writeFileSync(index, content);
        expect(['4 records', 'refused'], `byte ${at}`).toContain(await look(store, run));
      }
    }
  });
});

describe('a clock that jumps back an hour', () => {
  it('changes the times in a journal and nothing else', async () => {
    let now = Date.parse('2026-06-01T12:00:00Z');
    const { home, redactor } = fileWorld();
    const store = fileStore({ home, redactor, now: () => now });
    const before = await writtenRun(store, [created, ended]);
    now -= 3_600_000;
    const journal = await store.create(newRun());
    await journal.append(created);
    now -= 3_600_000;
    for (const record of [intent('a'), result('a'), ended]) await journal.append(record);
    await journal.close();
    expect(await look(store, journal.run)).toBe('4 records');
    expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual([journal.run, before]);
    expect(await store.resolve('last')).toBe(journal.run);
    const followed = [];
    for await (const { seq } of store.follow(journal.run, new AbortController().signal)) followed.push(seq);
    expect(followed).toEqual([1, 2, 3, 4]);
  });
});
