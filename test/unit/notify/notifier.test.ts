import { createHmac } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NotificationTarget } from '../../../src/inventory/notifications.ts';
import { fileStore } from '../../../src/journal/file-store.ts';
import type { NewRecord } from '../../../src/journal/record.ts';
import type { Journal, JournalStore } from '../../../src/journal/store.ts';
import { Notifier } from '../../../src/notify/notifier.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { type WebServer, webServer } from '../../harness/web-server.ts';

const run = '01M7WMBNNA1H65PHQQXW5J7EWT';
let home: ScratchHome;
let server: WebServer;
let store: JournalStore;
let redactor: Redactor;

beforeEach(async () => {
  home = await scratchHome();
  server = await webServer();
  redactor = new Redactor();
  store = fileStore({ home: home.path, redactor });
});
afterEach(async () => {
  await server.close();
  await home.remove();
});

const webhook = (name: string, more: object = {}): NotificationTarget => ({
  name,
  on: ['any'],
  way: { url: `${server.url}/${name}`, secret: null, ca: null },
  ...more,
});
const notifier = (targets: readonly NotificationTarget[], now?: () => Date) =>
  new Notifier({
    home: home.path,
    targets,
    redactor,
    patience: { withinMs: 5_000, pausesMs: [1, 1] },
    ...(now ? { now } : {}),
  });

const created: NewRecord = {
  type: 'run.created',
  data: {
    pgdba: '0.0.0',
    playbook: { name: 'switchover', version: '1.0.0', sha256: '0', risk: 'disruptive' },
    inputs: {},
    target: { name: 'demo' },
    actor: 'anna',
    host: 'lab',
    reason: 'CHG-4711',
    consent: 'yes',
  },
};
const ended = (status: 'succeeded' | 'failed'): NewRecord => {
  const failure = { code: 'NO_PRIMARY', class: 'transient', error: 'nobody leads', facts: {}, hint: '' } as const;
  return {
    type: 'run.ended',
    data: { status, changed: true, outputs: null, error: status === 'failed' ? failure : null, head: '' },
  };
};

/** A run with these records; its journal is closed, as if its process had gone. */
async function aRun(teller: Notifier, ...records: NewRecord[]): Promise<{ journal: Journal; sent: string }> {
  const journal = await store.create({
    id: run,
    playbook: 'switchover',
    version: '1.0.0',
    cluster: 'demo',
    actor: 'anna',
    reason: null,
    source: '',
    file: 'x.yaml',
  });
  const sent = (await journal.directory('sent')) ?? '';
  teller.begin(sent);
  for (const record of records) await journal.append(record);
  await journal.close();
  return { journal, sent };
}

describe('the end of a run', () => {
  it('is told with everything that a receiver needs to act', async () => {
    const teller = notifier([webhook('oncall')]);
    const { journal, sent } = await aRun(teller, created, ended('failed'));
    expect(await teller.settle(journal.records, sent, store)).toEqual([]);
    expect(server.seen.map(({ body }) => JSON.parse(body))).toEqual([
      {
        id: `${run}/2`,
        type: 'run',
        run,
        playbook: 'switchover',
        version: '1.0.0',
        cluster: 'demo',
        status: 'failed',
        changed: true,
        error: { code: 'NO_PRIMARY', class: 'transient', error: 'nobody leads', facts: {}, hint: '' },
        actor: 'anna',
        host: 'lab',
        reason: 'CHG-4711',
        ts: journal.records[1]?.ts,
        head: journal.head.hash,
        text: `pgdba switchover on demo: failed. nobody leads (run ${run})`,
      },
    ]);
    expect(server.seen[0]?.headers).toMatchObject({ 'idempotency-key': `${run}/2`, 'webhook-id': `${run}/2` });
  });

  it('is signed, so that a receiver can prove who sent it and when', async () => {
    const file = join(home.path, 'key');
    writeFileSync(file, 'a-key-of-this-test\n', { mode: 0o600 });
    const way = { url: server.url, secret: `file:${file}`, ca: null };
    const teller = notifier([webhook('oncall', { way })]);
    const { journal, sent } = await aRun(teller, created, ended('succeeded'));
    await teller.settle(journal.records, sent, store);
    const [seen] = server.seen;
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = seen?.headers ?? {};
    const mac = createHmac('sha256', 'a-key-of-this-test').update(`${id}.${at}.${seen?.body}`).digest('base64');
    expect(signature).toBe(`v1,${mac}`);
    expect(Math.abs(Number(at) * 1000 - Date.now())).toBeLessThan(60_000);
  });

  it('reaches a program on its standard input', async () => {
    const out = join(home.path, 'out');
    const teller = notifier([{ name: 'log', on: ['any'], way: { exec: ['tee', out] } }]);
    const { journal, sent } = await aRun(teller, created, ended('succeeded'));
    await teller.settle(journal.records, sent, store);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ id: `${run}/2`, status: 'succeeded' });
  });

  it.each([
    [['failed'], 'failed', 1],
    [['failed'], 'succeeded', 0],
    [['trouble', 'waiting'], 'failed', 1],
    [['trouble', 'waiting'], 'succeeded', 0],
    [['any'], 'succeeded', 1],
  ] as const)('is told to those who asked for it: on %s, %s', async (on, status, times) => {
    const teller = notifier([webhook('oncall', { on })]);
    const { journal, sent } = await aRun(teller, created, ended(status));
    await teller.settle(journal.records, sent, store);
    expect(server.seen).toHaveLength(times);
    expect(existsSync(join(sent, 'owed'))).toBe(false);
  });

  it('is not told of a child run, nor of a run without files', async () => {
    const teller = notifier([webhook('oncall')]);
    const child = { ...created, data: { ...created.data, parent: { run, task: 'x', item: null } } } as NewRecord;
    const { journal, sent } = await aRun(teller, child, ended('failed'));
    expect(await teller.settle(journal.records, sent, store)).toEqual([]);
    expect(await teller.settle(journal.records, null, store)).toEqual([]);
    expect(server.seen).toEqual([]);
  });
});

describe('a receiver that is in trouble', () => {
  it('is tried again under the same id', async () => {
    server.answer = () => ({ status: server.seen.length < 3 ? 503 : 204 });
    const teller = notifier([webhook('oncall')]);
    const { journal, sent } = await aRun(teller, created, ended('failed'));
    expect(await teller.settle(journal.records, sent, store)).toEqual([]);
    expect(server.seen.map(({ headers }) => headers['idempotency-key'])).toEqual([1, 2, 3].map(() => `${run}/2`));
  });

  it('is a warning, not an error, and does not keep the others from being told', async () => {
    server.answer = ({ path }) => ({ status: path === '/broken' ? 500 : 200, body: 'out of order' });
    const teller = notifier([webhook('broken'), webhook('oncall')]);
    const { journal, sent } = await aRun(teller, created, ended('failed'));
    expect(await teller.settle(journal.records, sent, store)).toEqual([
      expect.stringMatching(/^broken was not told that run .* is failed: http.* answered 500: out of order$/),
    ]);
    expect(server.seen.filter(({ path }) => path === '/oncall')).toHaveLength(1);
    expect(readdirSync(sent).sort()).toEqual(['2-broken.json', '2-oncall.json', 'owed']);
  });

  it('that refuses for good is not asked again at once', async () => {
    server.answer = () => ({ status: 401 });
    const teller = notifier([webhook('oncall')]);
    const { journal, sent } = await aRun(teller, created, ended('failed'));
    expect(await teller.settle(journal.records, sent, store)).toHaveLength(1);
    expect(server.seen).toHaveLength(1);
  });

  it('is told later, and those who know are not told twice', async () => {
    server.answer = ({ path }) => ({ status: path === '/broken' ? 500 : 200 });
    const teller = notifier([webhook('broken'), webhook('oncall')]);
    const { journal, sent } = await aRun(teller, created, ended('failed'));
    await teller.settle(journal.records, sent, store);
    server.answer = () => ({ status: 200 });
    server.seen.length = 0;
    expect(await notifier([webhook('broken'), webhook('oncall')]).catchUp(store)).toEqual([]);
    expect(server.seen.map(({ path }) => path)).toEqual(['/broken']);
    expect(await teller.catchUp(store)).toEqual([]);
    expect(server.seen).toHaveLength(1);
  });

  it('hears nothing more after a day', async () => {
    server.answer = () => ({ status: 500 });
    const teller = notifier([webhook('oncall')]);
    const { sent } = await aRun(teller, created, ended('failed'));
    const tomorrow = notifier([webhook('oncall')], () => new Date(Date.now() + 25 * 60 * 60 * 1000));
    expect(await tomorrow.catchUp(store)).toHaveLength(1);
    expect(existsSync(join(sent, 'owed'))).toBe(false);
  });
});

describe('a process that died', () => {
  it('after the end of its run leaves the telling to the next one', async () => {
    const teller = notifier([webhook('oncall')]);
    await aRun(teller, created, ended('failed'));
    expect(await teller.catchUp(store)).toEqual([]);
    expect(server.seen.map(({ body }) => JSON.parse(body))).toMatchObject([{ id: `${run}/2`, status: 'failed' }]);
  });

  it('in the middle of its run is told of as interrupted', async () => {
    const teller = notifier([webhook('oncall')]);
    await aRun(teller, created);
    await teller.catchUp(store);
    expect(server.seen.map(({ body }) => JSON.parse(body))).toMatchObject([{ id: `${run}/1`, status: 'interrupted' }]);
  });

  it('while it was telling holds nobody up, but a living one does', async () => {
    const teller = notifier([webhook('oncall')]);
    const { journal, sent } = await aRun(teller, created, ended('failed'));
    const stat = readFileSync('/proc/1/stat', 'latin1');
    const start_time = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const boot_id = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    writeFileSync(join(sent, 'claim'), JSON.stringify({ boot_id, pid: 1, start_time }));
    expect(await teller.settle(journal.records, sent, store)).toEqual([]);
    expect(server.seen).toEqual([]);
    writeFileSync(join(sent, 'claim'), JSON.stringify({ boot_id: 'another boot', pid: 1, start_time }));
    writeFileSync(join(sent, `claim-after-1-${start_time}`), 'half writ');
    expect(await teller.settle(journal.records, sent, store)).toEqual([]);
    expect(server.seen).toHaveLength(1);
    expect(readdirSync(sent)).toEqual(['2-oncall.json']);
  });
});

describe('a run from before there were notifications', () => {
  it('is told to nobody', async () => {
    await aRun(notifier([]), created, ended('failed'));
    expect(await notifier([webhook('oncall')]).catchUp(store)).toEqual([]);
    expect(server.seen).toEqual([]);
  });
});

describe('what goes wrong with the notes', () => {
  it('is a warning', async () => {
    const teller = notifier([webhook('oncall')]);
    const { journal } = await aRun(teller, created, ended('failed'));
    expect(await teller.settle(journal.records, join(home.path, 'nowhere'), store)).toEqual([
      expect.stringMatching(/^notifications: ENOENT/),
    ]);
  });
});
