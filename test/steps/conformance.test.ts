import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PoolerAct } from '../../src/step/index.ts';
import { type WebServer, webServer } from '../harness/web-server.ts';
import { openStage, registry, type Stage, Staged } from './stage.ts';

let stage: Stage;
let primary: string;
let standby: string;
let web: WebServer;

beforeAll(async () => {
  let state = 'ready';
  web = await webServer(({ method }) => {
    if (method === 'PUT') state = 'drain';
    return { status: 200, body: JSON.stringify({ state }) };
  });
  stage = await openStage('conform', 2);
  ({
    primary,
    standbys: [standby = ''],
  } = await stage.settled());
});
afterAll(async () => {
  await web.close();
  await stage?.remove();
});

interface Case {
  readonly uses: string;
  readonly params?: () => object;
  /** Brings the world to where there is something to do. */
  readonly before?: () => Promise<void>;
  /** And away from there. */
  readonly after?: () => Promise<void>;
}

/** check → apply → satisfied → apply again changes nothing → rollback → as at first, or kept. */
const states: readonly Case[] = [
  { uses: 'pgbouncer.pause@1', params: () => ({ within: 5000 }) },
  { uses: 'pgbouncer.point-and-resume@1', before: () => eachPooler((pooler) => pooler.command('PAUSE')) },
  { uses: 'postgres.ensure-database@1', params: () => ({ database: 'conformance', owner: 'app' }) },
  {
    uses: 'postgres.ensure-role@1',
    params: () => ({ role: 'conformance', password: { reveal: () => 'a password of nobody' } }),
  },
  { uses: 'postgres.ensure-probe-table@1' },
];

/** verify says not-done before; apply, and the process dies before the result: verify finds it. */
const events: readonly Case[] = [
  {
    uses: 'exec@1',
    params: () => ({
      member: primary,
      argv: ['touch', 'conformance'],
      done_when: { argv: ['test', '-e', 'conformance'] },
    }),
  },
  {
    uses: 'http@1',
    params: () => ({ method: 'PUT', url: web.url, done_when: { url: web.url, pointer: '/state', equals: 'drain' } }),
  },
  { uses: 'postgres.checkpoint@1', params: () => ({ member: primary }) },
  {
    uses: 'postgres.prove-writable@1',
    before: async () => {
      const table = await Staged.of(stage, 'postgres.ensure-probe-table@1');
      await table.apply(await table.memo());
    },
  },
  {
    uses: 'sql@1',
    params: () => ({
      statement: 'create table conformance (id integer)',
      done_when: "select pg_catalog.to_regclass('conformance') is not null",
    }),
  },
];

/** Looks only: Patroni hears nothing but GET. */
const looks: readonly Case[] = [
  { uses: 'cluster.check-removable@1' },
  { uses: 'cluster.inspect@1' },
  { uses: 'cluster.plan-start@1' },
  { uses: 'cluster.read-status@1' },
  { uses: 'cluster.wait-healthy@1' },
  { uses: 'cluster.wait-primary@1' },
  { uses: 'patroni.check-reach@1' },
  { uses: 'patroni.choose-candidate@1', params: () => ({ max_lag: 1_048_576 }) },
  { uses: 'patroni.read-topology@1' },
  { uses: 'pgbouncer.check-pools@1' },
  { uses: 'pooler.wait-primary@1', params: () => ({ database: 'app' }) },
  { uses: 'postgres.check-handover@1', params: () => ({ candidate: standby, max_transaction: 15_000 }) },
  { uses: 'postgres.check-parity@1', params: () => ({ candidate: standby }) },
  { uses: 'postgres.wait-streaming@1', params: () => ({ member: standby }) },
  { uses: 'provider.check-host@1', params: () => ({}) },
  { uses: 'query@1', params: () => ({ statement: 'select 1 as one' }) },
  { uses: 'wait@1', params: () => ({ for: 1 }) },
  { uses: 'assert@1', params: () => ({ that: [{ expr: true, fail: 'never' }] }) },
];

/** Proved elsewhere, and why not here. */
const elsewhere: Readonly<Record<string, string>> = {
  'notify@1': 'leaves no trace to look for, but a receipt: test/steps/notify.test.ts',
  'patroni.switchover@1': 'test/steps/switchover-answers.test.ts, where Patroni is made to say everything it can',
  'patroni.prove-rest@1': 'leaves no trace to look for: below, by its receipt',
  'patroni.ensure-slots@1': 'Patroni itself makes the slots at any moment: test/integration/cluster-life.test.ts',
  'cluster.register@1': 'makes the cluster all others stand on: test/integration/cluster-life.test.ts',
  'cluster.record-identity@1': 'happens once in the life of a cluster: test/integration/cluster-life.test.ts',
  'cluster.forget@1': 'the last act in the life of a cluster: test/integration/cluster-life.test.ts',
  'member.ensure@1': 'makes a server: test/integration/cluster-life.test.ts and init-interrupted.test.ts',
  'member.remove@1': 'unmakes a server: test/integration/cluster-life.test.ts',
  'service.ensure@1': 'makes a server: test/integration/cluster-life.test.ts and init-interrupted.test.ts',
  'service.remove@1': 'unmakes a server: test/integration/cluster-life.test.ts',
  'server.start@1': 'starts what server.stop stopped: test/integration/cluster-life.test.ts',
  'server.stop@1': 'stops what others need: test/integration/cluster-life.test.ts',
};

describe('every step', () => {
  it('is proved here, or somewhere named', () => {
    const here = [...states, ...events, ...looks].map(({ uses }) => uses);
    expect([...here, ...Object.keys(elsewhere)].sort()).toEqual(registry.ids());
  });

  it('stands under the effect that it has', async () => {
    const effects = await Promise.all(
      [...states, ...events, ...looks].map(async ({ uses }) => (await registry.load(uses)).effect),
    );
    expect(new Set(effects.slice(0, states.length))).toEqual(new Set(['hold', 'idempotent']));
    expect(new Set(effects.slice(states.length, states.length + events.length))).toEqual(new Set(['once']));
    expect(new Set(effects.slice(states.length + events.length))).toEqual(new Set(['none']));
  });
});

describe('a step that makes a state', () => {
  it.each(states)('$uses: makes it once, and unmakes it', async ({ uses, params, before }) => {
    await before?.();
    const step = await Staged.of(stage, uses, params?.());
    const first = await step.check();
    if (first.is !== 'change') throw new Error(`there is nothing to do: ${first.is}`);
    await step.apply(first.memo);
    const made = await step.checkUntil('satisfied');
    await step.apply(first.memo);
    expect(await step.checkUntil('satisfied')).toEqual(made);
    const undone = await step.rollback(first.memo);
    if (undone.is === 'kept') expect((await step.checkUntil('satisfied')).is).toBe('satisfied');
    else expect(await step.check()).toEqual(first);
    await step.rollback(first.memo);
  });
});

describe('a step that makes an event', () => {
  it.each(events)('$uses: is known by what it leaves behind', async ({ uses, params, before }) => {
    await before?.();
    const step = await Staged.of(stage, uses, params?.());
    const memo = await step.memo();
    expect((await step.verify(memo)).is).toBe('not-done');
    await step.apply(memo);
    expect((await step.verify(memo)).is).toBe('satisfied');
    expect(['kept', 'undone']).toContain((await step.rollback(memo)).is);
    expect((await step.verify(memo)).is).toBe('satisfied');
  });

  it('patroni.prove-rest@1: is known by its receipt alone, and changes nothing', async () => {
    const config = () => stage.lend({}, async (act) => (await (await act.member(primary)).get('/config')).body);
    const before = await config();
    const step = await Staged.of(stage, 'patroni.prove-rest@1', { members: [primary, standby, primary] });
    const memo = await step.memo();
    expect((await step.verify(memo)).is).toBe('not-done');
    const receipt = await step.apply(memo);
    expect(await step.verify(memo, receipt)).toMatchObject({
      is: 'satisfied',
      result: { members: [primary, standby] },
    });
    expect(await config()).toEqual(before);
  });
});

describe('a step that looks', () => {
  it.each(looks)('$uses: sends nothing but GET', async ({ uses, params }) => {
    for (const front of stage.fronts.values()) front.reset();
    const step = await Staged.of(stage, uses, params?.());
    expect((await step.checkUntil('satisfied')).is).toBe('satisfied');
    const asked = [...stage.fronts.values()].flatMap(({ requests }) => requests);
    expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([]);
  });
});

function eachPooler(work: (pooler: PoolerAct) => Promise<void>): Promise<void> {
  return stage.lend({}, async (act) => {
    for (const pooler of await act.poolers()) await work(pooler);
  });
}
