import { ulid } from 'ulid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Approval, approveRun } from '../../../src/engine/approve-run.ts';
import { listApprovals, openApprovals } from '../../../src/engine/open-approvals.ts';
import { isSameActor } from '../../../src/inventory/same-actor.ts';
import { fileStore } from '../../../src/journal/file-store.ts';
import type { RecordData } from '../../../src/journal/record.ts';
import type { JournalStore } from '../../../src/journal/store.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { created } from '../output/a-run.ts';

const plan = '3f9a1c0b77d24e5f3f9a1c0b77d24e5f';
const noon = Date.parse('2026-11-20T12:00:00.000Z');
const asked: RecordData['approval.asked'] = {
  question: 'Hand the primary role to n2?',
  form: {
    window: { type: 'string', enum: ['night', 'day'], description: 'When.' },
    lag: { type: 'string', format: 'bytes', default: '1MiB' },
  },
  plan,
  requested_by: 'alice from 10.0.0.7',
  expires_at: '2026-11-21T12:00:00.000Z',
};

describe('an approval', () => {
  let home: ScratchHome;
  let store: JournalStore;
  let run: string;
  beforeEach(async () => {
    home = await scratchHome();
    store = fileStore({ home: home.path, redactor: new Redactor() });
    run = await waitingRun();
  });
  afterEach(() => home.remove());

  /** A run that was parked after it asked in these tasks. */
  async function waitingRun(tasks: readonly string[] = ['agree'], cluster = 'demo'): Promise<string> {
    const id = ulid();
    const about = {
      playbook: 'switchover',
      version: '1.0.0',
      actor: 'alice',
      reason: null,
      source: '',
      file: 'x.yaml',
    };
    const journal = await store.create({ id, cluster, ...about });
    await journal.append(created);
    for (const task of tasks) await journal.append({ type: 'approval.asked', task, data: asked });
    await journal.append({ type: 'run.parked', data: { why: 'it waits', status: 'waiting', error: null } });
    await journal.close();
    return id;
  }

  function answer(rest: Partial<Approval> = {}, { by = 'bob', now = noon } = {}) {
    const form = new Map([['window', { value: 'night', origin: '--set window' }]]);
    const approval = { run, task: null, approved: true, reason: 'fine', form, plan: null, ...rest };
    return approveRun({ store, actor: by }, approval, () => now);
  }

  const refused = (code: string) => expect.objectContaining({ code });
  const types = async () => (await store.read(run)).map(({ type }) => type);

  it('is one record with who, why, the form as values, and the hash that was asked about', async () => {
    await answer();
    const given = (await store.read(run)).at(-1);
    expect(given).toMatchObject({
      type: 'approval.given',
      task: 'agree',
      data: {
        approved: true,
        by: 'bob',
        reason: 'fine',
        form: { window: 'night', lag: 1048576 },
        plan,
        at: '2026-11-20T12:00:00.000Z',
      },
    });
    expect(await store.verify(run)).toMatchObject({ records: 4 });
  });

  it('is given once', async () => {
    await answer();
    await expect(answer()).rejects.toEqual(refused('NOTHING_TO_APPROVE'));
  });

  it('of two at the same time counts once', async () => {
    const both = await Promise.allSettled([answer(), answer({}, { by: 'carol' })]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await types()).filter((type) => type === 'approval.given')).toHaveLength(1);
    expect(await store.verify(run)).toMatchObject({ records: 4 });
  });

  it('is refused to the one who asked for it, who may take it back', async () => {
    await expect(answer({}, { by: 'alice' })).rejects.toEqual(refused('APPROVAL_SELF'));
    await expect(answer({}, { by: 'bob (alice from 10.0.0.9)' })).rejects.toEqual(refused('APPROVAL_SELF'));
    expect(await types()).not.toContain('approval.given');
    expect(await answer({ approved: false, form: new Map() }, { by: 'alice' })).toMatchObject({ approved: false });
  });

  it('comes too late once it has expired', async () => {
    const late = Date.parse(asked.expires_at);
    await expect(answer({}, { now: late })).rejects.toEqual(refused('APPROVAL_EXPIRED'));
    expect(await answer({}, { now: late - 1 })).toMatchObject({ approved: true });
  });

  it('is only for the plan the approver has looked at', async () => {
    await expect(answer({ plan: 'ffffffffffff' })).rejects.toEqual(refused('APPROVAL_OTHER_PLAN'));
    await expect(answer({ plan: plan.slice(0, 7) })).rejects.toEqual(refused('APPROVAL_OTHER_PLAN'));
    expect(await answer({ plan: plan.slice(0, 8).toUpperCase() })).toMatchObject({ plan });
  });

  it('needs its form filled in, each value as the form declares it', async () => {
    await expect(answer({ form: new Map() })).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      hint: `pgdba runs approve ${run} --set window=… (When.)`,
    });
    const form = (name: string, value: string) => new Map([[name, { value, origin: `--set ${name}` }]]);
    await expect(answer({ form: form('window', 'noon') })).rejects.toEqual(refused('INPUT_INVALID'));
    await expect(answer({ form: form('windw', 'night') })).rejects.toEqual(refused('INPUT_INVALID'));
    expect(await types()).not.toContain('approval.given');
  });

  it('waits for the run to wait', async () => {
    const alive: JournalStore = Object.assign(Object.create(store), {
      summary: async () => ({ status: 'running', pid: 4711 }),
    });
    const approval = { run, task: null, approved: true, reason: null, form: new Map(), plan: null };
    await expect(approveRun({ store: alive, actor: 'bob' }, approval)).rejects.toEqual(refused('RUN_ALIVE'));
  });

  it('says which question it answers when the run has several', async () => {
    run = await waitingRun(['one', 'two']);
    await expect(answer()).rejects.toMatchObject({ code: 'USAGE', hint: 'say which: --task one' });
    await expect(answer({ task: 'three' })).rejects.toEqual(refused('NOTHING_TO_APPROVE'));
    await answer({ task: 'two' });
    expect(openApprovals(await store.read(run)).map(({ task }) => task)).toEqual(['one']);
    expect(await answer()).toMatchObject({ task: 'one' });
  });

  it('is listed until it is answered, of every run that waits', async () => {
    const other = await waitingRun(['agree'], 'prod');
    const { waiting, unreadable } = await listApprovals(store);
    expect(waiting.map((asked) => asked.run)).toEqual([run, other]);
    expect(waiting[0]).toMatchObject({ playbook: 'switchover', cluster: 'demo', task: 'agree', plan });
    expect(unreadable).toEqual([]);
    expect((await listApprovals(store, { cluster: 'prod' })).waiting.map((asked) => asked.run)).toEqual([other]);
    await answer();
    expect((await listApprovals(store)).waiting.map((asked) => asked.run)).toEqual([other]);
  });
});

describe('the same person', () => {
  it.each([
    ['alice', 'alice', true],
    ['alice from 10.0.0.7', 'alice from 10.0.0.8', true],
    ['alice', 'bob', false],
    ['alice', 'bob (alice from 10.0.0.7)', true],
    ['backup-bot (alice)', 'alice', false],
    ['backup-bot (alice)', 'backup-bot (bob)', true],
    ['carol (postgres)', 'bob (postgres from 10.0.0.7)', false],
  ])('who asked as %s and answers as %s: %s', (requester, other, same) => {
    expect(isSameActor(requester, other)).toBe(same);
  });
});
