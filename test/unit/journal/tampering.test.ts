import { appendFileSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checked, created, ended, failure, fileWorld, intent, result, writtenRun } from './journal-world.ts';
import { look } from './look.ts';

describe('a journal that was changed from outside', () => {
  it('is refused whichever byte is flipped', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a'), result('a')]);
    const { journal } = paths(run);
    const good = readFileSync(journal);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8((good[at] ?? 0) ^ (1 << (at % 8)), at);
      writeFileSync(journal, bad);
      expect(await look(store, run), `byte ${at}`).toBe('refused');
    }
  });

  it('reports a flipped byte in a last line that was never synced, and never drops the line in silence', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a'), checked('b')]);
    const { journal } = paths(run);
    const good = readFileSync(journal);
    const lastLine = good.lastIndexOf('\n', good.length - 2) + 1;
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8((good[at] ?? 0) ^ 1, at);
      writeFileSync(journal, bad);
      expect(at < lastLine ? ['refused'] : ['refused', '2 records, torn'], `byte ${at}`).toContain(
        await look(store, run),
      );
    }
  });

  it('is refused wherever it is cut, also exactly at the end of a line', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a'), result('a')]);
    const { journal } = paths(run);
    const good = readFileSync(journal);
    for (let length = 0; length < good.length; length++) {
      writeFileSync(journal, good.subarray(0, length));
      const error = await failure(() => store.read(run));
      expect(error, `cut to ${length}`).toMatchObject({ code: 'JOURNAL_TRUNCATED', facts: { expected: 3 } });
    }
  });

  it('is torn, not refused, when only what was never synced is cut in the middle of its line', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, checked('a')]);
    const { journal } = paths(run);
    const good = readFileSync(journal);
    const lastLine = good.lastIndexOf('\n', good.length - 2) + 1;
    for (let length = lastLine + 1; length < good.length; length++) {
      writeFileSync(journal, good.subarray(0, length));
      expect(await look(store, run), `cut to ${length}`).toBe('1 records, torn');
    }
  });

  it('is refused when the end is missing that the index knows of, even with a head that agrees', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, ended]);
    const { journal, head } = paths(run);
    const [first = ''] = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(journal, `${first}\n`);
    writeFileSync(head, `000000000001 ${(JSON.parse(first) as { hash: string }).hash}\n`);
    expect(await failure(() => store.read(run))).toMatchObject({
      code: 'JOURNAL_TRUNCATED',
      facts: { found: 1, expected: 2 },
    });
  });

  it('is refused with the offset of the bad line', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a'), result('a')]);
    const { journal } = paths(run);
    const text = readFileSync(journal, 'utf8');
    writeFileSync(journal, text.replace('"attempt":1', '"attempt":2'));
    expect(await failure(() => store.open(run))).toMatchObject({
      code: 'JOURNAL_DAMAGED',
      facts: { file: journal, offset: text.indexOf('\n') + 1 },
    });
  });

  it('is refused when a whole line was put after its last: a forged one, one twice, one without a hash', async () => {
    const { store, paths } = fileWorld();
    for (const [records, type] of [
      [[created, intent('a')], 'task.intent'],
      [[created, intent('a'), ended], 'run.ended'],
    ] as const) {
      const run = await writtenRun(store, records);
      const { journal } = paths(run);
      const good = readFileSync(journal, 'utf8');
      const last = JSON.parse(good.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
      expect(last['type']).toBe(type);
      const hash = last['hash'];
      const { hash: _, ...unsealed } = { ...last, seq: records.length + 1, prev: hash, hash };
      for (const line of [last, { ...unsealed, hash }, unsealed]) {
        writeFileSync(journal, `${good}${JSON.stringify(line)}\n`);
        for (const look of [() => store.verify(run), () => store.read(run), () => store.open(run)]) {
          const facts = { file: journal, offset: Buffer.byteLength(good) };
          expect(await failure(look)).toMatchObject({ code: 'JOURNAL_DAMAGED', facts });
        }
      }
    }
  });

  it('is refused when its head file is changed, or gone', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a')]);
    const { head } = paths(run);
    const good = readFileSync(head);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8((good[at] ?? 0) ^ 1, at);
      writeFileSync(head, bad);
      expect(await look(store, run), `byte ${at}`).toBe('refused');
    }
    rmSync(head);
    expect(await look(store, run)).toBe('refused');
  });

  it('is accepted with an older head: a crash may keep it from being written', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created]);
    const { head } = paths(run);
    const older = readFileSync(head);
    const journal = await store.open(run);
    await journal.append(intent('a'));
    await journal.close();
    writeFileSync(head, older);
    expect(await look(store, run)).toBe('2 records');
  });

  it('is refused under another id', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a')]);
    const other = await writtenRun(store, [created, intent('a')]);
    cpSync(paths(run).journal, paths(other).journal);
    cpSync(paths(run).head, paths(other).head);
    expect(await failure(() => store.read(other))).toMatchObject({ code: 'JOURNAL_DAMAGED', facts: { offset: 0 } });
  });

  it('is refused when a newer pgdba wrote it', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created]);
    appendFileSync(paths(run).journal, readFileSync(paths(run).journal, 'utf8').replace('"v":1', '"v":2'));
    expect(await failure(() => store.open(run))).toMatchObject({ code: 'JOURNAL_TOO_NEW', facts: { version: 2 } });
  });

  it('is refused when a blob is changed, cut or gone', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, result('a', 'x'.repeat(100_000))]);
    const line = readFileSync(paths(run).journal, 'utf8');
    const name = /"\$blob":"([0-9a-f]{64})"/.exec(line)?.[1] ?? '';
    const blob = join(paths(run).blobs, name);
    const good = readFileSync(blob, 'utf8');
    writeFileSync(blob, good.replace('x', 'y'));
    expect(await failure(() => store.read(run))).toMatchObject({ code: 'JOURNAL_DAMAGED', facts: { file: blob } });
    truncateSync(blob, 10);
    expect(await failure(() => store.verify(run))).toMatchObject({ code: 'JOURNAL_DAMAGED' });
    rmSync(blob);
    expect(await failure(() => store.open(run))).toMatchObject({ code: 'JOURNAL_DAMAGED' });
  });
});

describe('a torn last line', () => {
  it('is cut off with a note when the journal is opened, and left alone when it is only read', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a')]);
    const good = readFileSync(paths(run).journal);
    appendFileSync(paths(run).journal, '{"v":1,"seq":3,"ts":"20');

    expect(await look(store, run)).toBe('2 records, torn');
    expect(readFileSync(paths(run).journal).length).toBe(good.length + 23);

    const journal = await store.open(run);
    expect(journal.records.at(-1)).toMatchObject({
      type: 'journal.repaired',
      seq: 3,
      data: { cut_bytes: 23, at: good.length },
    });
    await journal.append(result('a'));
    await journal.close();
    expect(await look(store, run)).toBe('4 records');
  });
});
