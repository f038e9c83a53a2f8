import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bootId, processStat } from '../../../src/journal/process-identity.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';
import { created, ended, failure, fileWorld, intent, newRun, result, writtenRun } from './journal-world.ts';

const resumed = { type: 'run.resumed', data: { pgdba: '0.1.0', actor: 'ben', host: 'box', pid: 1 } } as const;

describe('the files of a run', () => {
  it('lie where they are promised, private whatever the umask', async () => {
    for (const umask of [0, 0o277]) {
      const before = process.umask(umask);
      onTestFinished(() => void process.umask(before));
      const { home, store, paths, index } = fileWorld();
      const journal = await store.create(newRun());
      await journal.append(created);
      await journal.append(result('a', 'x'.repeat(100_000)));
      journal.log({ level: 'info', message: 'hello' });
      await journal.directory('scratch');
      process.umask(before);

      const { directory, blobs } = paths(journal.run);
      const names = ['blobs', 'children', 'head', 'journal.jsonl', 'log.jsonl', 'playbook.yaml', 'reserve', 'scratch'];
      expect(readdirSync(directory).sort()).toEqual(names);
      expect(readdirSync(blobs)).toHaveLength(1);
      expect(statSync(join(directory, 'reserve')).size).toBe(64 * 1024);
      const modes = [
        join(home, 'runs'),
        index,
        ...readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name))),
      ];
      for (const path of modes) {
        const status = statSync(path);
        expect((status.mode & 0o777).toString(8), path).toBe(status.isDirectory() ? '700' : '600');
      }
    }
  });

  it('hold lines of at most 64 KiB, larger values beside them under their hash', async () => {
    const { store, paths } = fileWorld();
    const out = { rows: Array.from({ length: 5_000 }, (_, n) => `row number ${n}`) };
    const run = await writtenRun(store, [created, intent('a', { text: 'y'.repeat(40_000) }), result('a', out)]);
    const lines = readFileSync(paths(run).journal, 'utf8').trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(64 * 1024);
    expect(lines[1]).not.toContain('$blob');
    const [name = ''] = readdirSync(paths(run).blobs);
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({
      data: { outcome: 'changed', out: { $blob: name, bytes: statSync(join(paths(run).blobs, name)).size } },
    });
  });

  it('say in head what was synced last, always in the same width', async () => {
    const { store, paths } = fileWorld();
    const journal = await store.create(newRun());
    expect(readFileSync(paths(journal.run).head, 'utf8')).toBe(`000000000000 ${'0'.repeat(64)}\n`);
    const synced = await journal.append(created);
    await journal.append({ type: 'task.skipped', task: 'a', data: { why: 'not needed' } });
    await journal.close();
    expect(readFileSync(paths(journal.run).head, 'utf8')).toBe(`000000000001 ${synced.hash}\n`);
  });

  it('give the reserve back when the run has ended', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, ended]);
    expect(existsSync(paths(run).reserve)).toBe(false);
  });

  it('hold no secret: not in journal, blob, log, index or playbook', async () => {
    const redactor = new Redactor();
    const value = 'correct "horse" battery';
    redactor.add(value);
    const { home, store } = fileWorld({ redactor });
    const run = newRun({ reason: `because ${value}`, source: `password: ${value}\n`, file: `/tmp/${value}` });
    const journal = await store.create(run);
    await journal.append({ ...created, data: { ...created.data, inputs: { url: encodeURIComponent(value) } } });
    await journal.append(result('a', { big: `${value} `.repeat(9_000), coded: Buffer.from(value).toString('base64') }));
    journal.log({ task: 'a', level: 'warn', message: `refused ${value}` });
    await journal.append({ ...ended, data: { ...ended.data, outputs: value } });
    await journal.close();

    const files = readdirSync(join(home, 'runs'), { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    expect(files).toHaveLength(6);
    for (const file of files) {
      const text = readFileSync(join(file.parentPath, file.name), 'latin1');
      for (const form of [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value),
        Buffer.from(value).toString('base64'),
      ]) {
        expect(text.includes(form), `${file.name} holds ${form}`).toBe(false);
      }
    }
    expect((await store.list({ limit: 1 }))[0]?.reason).toBe('because ‹secret›');
  });

  it('keep the log as one line per message', async () => {
    const { store, paths } = fileWorld();
    const journal = await store.create(newRun());
    journal.log({ level: 'info', message: 'two\nlines' });
    journal.log({ task: 'a', level: 'debug', message: 'more' });
    const lines = readFileSync(paths(journal.run).log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { ts: expect.any(String), level: 'info', message: 'two\nlines' },
      { task: 'a', level: 'debug', message: 'more' },
    ]);
  });
});

describe('the index of runs', () => {
  it('skips a torn line and is not hurt by it', async () => {
    const { store, index } = fileWorld();
    const first = await writtenRun(store, [created, ended]);
    appendFileSync(index, '{"is":"started","id":"01J');
    const second = await writtenRun(store, [created]);
    expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual([second, first]);
  });

  it('is read backwards over many chunks, and only as far as asked', async () => {
    const { store, index } = fileWorld();
    const old = await writtenRun(store, [created, ended]);
    const start = readFileSync(index, 'utf8').split('\n')[0] ?? '';
    const ids = Array.from({ length: 1_000 }, () => ulid());
    appendFileSync(index, ids.map((id) => `${start.replace(old, id)}\n`).join(''));
    expect(statSync(index).size).toBeGreaterThan(3 * 64 * 1024);
    const listed = await store.list({ limit: 10_000 });
    expect(listed.map(({ id }) => id)).toEqual([old, ...ids].reverse());
    expect(listed.at(-1)?.status).toBe('succeeded');
    writeFileSync(index, `garbage\n${readFileSync(index, 'utf8')}`);
    expect(await store.list({ limit: 3 })).toHaveLength(3);
  });

  it('calls a run interrupted when its process is gone or its directory was never made', async () => {
    const { store, index, paths } = fileWorld();
    const journal = await store.create(newRun());
    await journal.append(created);
    const { directory } = paths(journal.run);
    const text = readFileSync(index, 'utf8');
    writeFileSync(index, text.replace(/"pid":\d+/, `"pid":${2 ** 22 + 1}`));
    expect(await store.summary(journal.run)).toMatchObject({ status: 'interrupted', pid: null });
    writeFileSync(index, text);
    rmSync(directory, { recursive: true });
    expect(await store.summary(journal.run)).toMatchObject({ status: 'interrupted' });
    for (const look of [() => store.read(journal.run), () => store.open(journal.run)]) {
      const hint = expect.stringContaining('its files are gone, or it never came to have any');
      expect(await failure(look)).toMatchObject({ code: 'RUN_UNKNOWN', hint });
    }
  });

  it('calls a run that a crash left half made interrupted, and not damaged', async () => {
    const { store, paths } = fileWorld();
    const run = (await store.create(newRun())).run;
    rmSync(paths(run).journal);
    writeFileSync(paths(run).head, '');
    expect(await failure(() => store.open(run))).toMatchObject({
      code: 'RUN_UNKNOWN',
      hint: expect.stringContaining('nothing was done'),
    });
  });

  it('misses a journal that was there once', async () => {
    const { store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a')]);
    rmSync(paths(run).journal);
    expect(await failure(() => store.read(run))).toMatchObject({ code: 'JOURNAL_TRUNCATED' });
    expect(await failure(() => store.open(run))).toMatchObject({ code: 'JOURNAL_TRUNCATED' });
  });

  it('learns of an end that a crash kept from it, when the run is opened', async () => {
    const { store, index } = fileWorld();
    const run = await writtenRun(store, [created, ended]);
    const lines = readFileSync(index, 'utf8').split('\n');
    writeFileSync(index, `${lines[0]}\n`);
    await (await store.open(run)).close();
    expect(readFileSync(index, 'utf8').split('\n')[1]).toBe(lines[1]);
  });

  it('is not needed for reading a run', async () => {
    const { store, index } = fileWorld();
    const run = await writtenRun(store, [created, intent('a')]);
    rmSync(index);
    expect(await store.read(run)).toHaveLength(2);
    expect(await store.resolve(run)).toBe(run);
    expect(await store.list({ limit: 1 })).toEqual([]);
  });
});

describe('two drivers of one run', () => {
  it('are refused: the second, while the first lives', async () => {
    const { store, index } = fileWorld();
    const journal = await store.create(newRun());
    const parent = { boot_id: bootId(), pid: process.ppid, start_time: processStat(process.ppid)?.start_time };
    const text = readFileSync(index, 'utf8');
    writeFileSync(index, text.replace(/"process":\{.*?\}/, `"process":${JSON.stringify(parent)}`));
    expect(await failure(() => store.open(journal.run))).toMatchObject({
      code: 'RUN_ALIVE',
      facts: { pid: process.ppid },
    });
  });

  it('are refused: the first, when it finds that a second wrote', async () => {
    const { store, paths } = fileWorld();
    const run = newRun();
    const first = await store.create(run);
    await first.append(created);
    const second = await store.open(run.id);
    await second.append(resumed);
    const size = statSync(paths(run.id).journal).size;
    for (let time = 0; time < 2; time++) {
      expect(await failure(() => first.append(intent('a')))).toMatchObject({ code: 'JOURNAL_WRITE_FAILED' });
    }
    expect(statSync(paths(run.id).journal).size).toBe(size);
  });
});

describe('a run id', () => {
  it('never becomes a path', async () => {
    const { store } = fileWorld();
    for (const id of ['../../etc', '..', '', 'x'.repeat(26), `${ulid()}/..`]) {
      expect(await failure(() => store.read(id))).toMatchObject({ code: 'RUN_UNKNOWN' });
      expect(await failure(() => store.playbook(id))).toMatchObject({ code: 'RUN_UNKNOWN' });
      expect(await failure(() => store.create(newRun({ id })))).toMatchObject({ code: 'BUG' });
    }
  });
});

describe('a home that cannot be used', () => {
  it('is named', async () => {
    const { home } = fileWorld();
    writeFileSync(join(home, 'file'), '');
    const { store } = fileWorld({ home: join(home, 'file') });
    expect(await failure(() => store.create(newRun()))).toMatchObject({ code: 'HOME_UNUSABLE' });
  });
});
