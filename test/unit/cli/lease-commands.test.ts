import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileLease } from '../../../src/engine/lease/file-lease.ts';
import { acquireLease } from '../../../src/engine/lease/lease.ts';
import { leasePaths } from '../../../src/engine/lease/lease-paths.ts';
import { putInQuarantine } from '../../../src/engine/lease/quarantine.ts';
import type { NewRecord } from '../../../src/journal/record.ts';
import { backdateLease } from '../../harness/backdate-lease.ts';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { unreachableCluster } from '../../harness/unreachable-cluster.ts';
import { created } from '../output/a-run.ts';
import { type Call, pgdba, runId as run, sink } from './a-program.ts';

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
  await lab.parts.inventory.register(unreachableCluster('demo', '7301'));
});
const held: FileLease[] = [];
afterEach(async () => {
  for (const one of held.splice(0)) await one.release();
  await home.remove();
});

const lease = (...argv: string[]): Promise<Call> =>
  pgdba(['lease', ...argv], {
    services: { inventory: async () => lab.parts.inventory, store: async () => lab.parts.store },
    env: { PGDBA_HOME: lab.home, PGDBA_ACTOR: 'alice' },
  });
const answer = ({ stdout }: Call) => JSON.parse(stdout);
const both = () => ['7301', 'demo'].flatMap((name) => leasePaths(lab.home, name, ['topology']));

/** As a run of this home holds it: under name and identity. */
async function hold(): Promise<void> {
  for (const cluster of ['7301', 'demo']) {
    held.push(await acquireLease({ home: lab.home, cluster, keys: ['topology', 'backup'], run }));
  }
}

/** A run whose journal ends like this, and which left its cluster locked. */
async function leaveLocked(...records: NewRecord[]): Promise<void> {
  const rest = { playbook: 'work', version: '1.0.0', cluster: 'demo', actor: 'bob', reason: null };
  const journal = await lab.parts.store.create({ id: run, ...rest, source: '', file: 'work.yaml' });
  for (const record of [created, ...records]) await journal.append(record);
  await journal.close();
  putInQuarantine(both(), { run, why: 'undoing task a failed', since: '2026-11-20T12:00:00.000Z' });
}

const failed: NewRecord[] = [
  { type: 'rollback.ended', data: { outcome: 'failed' } },
  { type: 'run.ended', data: { status: 'rollback-failed', changed: true, outputs: null, error: null, head: '' } },
];

describe('--check', () => {
  it.each([
    ['steal', 'demo'],
    ['ack', run],
  ])('lease %s refuses it and does nothing', async (verb, whom) => {
    await hold();
    const call = await lease(verb, whom, '--reason', 'to see', '--check');
    expect({ exit: call.exit, code: answer(call).code }).toEqual({ exit: 2, code: 'USAGE' });
    for (const one of held) await one.assertHeld();
  });
});

describe('lease list', () => {
  it('is one line per cluster and run, under the name that people know', async () => {
    await hold();
    expect(answer(await lease('list')).data).toEqual({
      leases: [
        {
          cluster: 'demo',
          keys: ['backup', 'topology'],
          run,
          holder: expect.stringMatching(new RegExp(`^pid ${process.pid} on .`)),
          since: expect.any(String),
          state: 'held',
        },
      ],
    });
  });

  it('fits 100 columns as a table, whatever the state', async () => {
    await hold();
    for (const { path } of both()) backdateLease(path);
    putInQuarantine(both(), { run, why: 'undoing task a failed', since: '2026-11-20T12:00:00.000Z' });
    const stdout = sink({ columns: 100, rows: 40 });
    const services = { inventory: async () => lab.parts.inventory };
    const env = { PGDBA_HOME: lab.home };
    await pgdba(['lease', 'list', '--format', 'table'], { services, env, io: { stdout } });
    const lines = stdout.text().split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
    expect(stdout.text()).toMatch(/demo +backup .* held/);
    expect(stdout.text()).toMatch(/demo +topology .* silent/);
    expect(stdout.text()).toMatch(/demo +topology .* quarantined/);
  });

  it('is empty in a new home', async () => {
    expect(answer(await lease('list')).data).toEqual({ leases: [] });
  });
});

describe('lease show', () => {
  it('says who holds a cluster, and the command that ends it', async () => {
    await hold();
    expect(answer(await lease('show', 'demo')).data).toMatchObject({
      cluster: 'demo',
      free: false,
      next: [`pgdba runs cancel ${run}`],
      leases: [{ run, state: 'held', token: 1, why: null }],
      acknowledged: [],
    });
  });

  it('says why a cluster is locked, and afterwards who acknowledged it', async () => {
    await leaveLocked(...failed);
    expect(answer(await lease('show', 'demo')).data).toMatchObject({
      free: false,
      next: [`pgdba lease ack ${run} --reason "…"`],
      leases: [{ run, state: 'quarantined', holder: null, why: 'undoing task a failed' }],
    });
    await lease('ack', 'last', '--reason', 'seen to');
    expect(answer(await lease('show', 'demo')).data).toMatchObject({
      free: true,
      next: [],
      leases: [],
      acknowledged: [{ run, by: expect.stringMatching(/^alice/), reason: 'seen to' }],
    });
  });

  it('knows a cluster that nobody ever held, and none that is not there', async () => {
    expect(answer(await lease('show', 'demo')).data).toMatchObject({ free: true, leases: [] });
    const call = await lease('show', 'dmo');
    expect(answer(call)).toMatchObject({ code: 'CLUSTER_UNKNOWN', hint: 'did you mean demo?' });
    expect(call.exit).toBe(2);
  });
});

describe('lease ack', () => {
  it('unlocks what a failed rollback left, and keeps who said so and why', async () => {
    await leaveLocked(...failed);
    const call = await lease('ack', run.slice(-8), '--reason', 'slot dropped by hand');
    expect(answer(call).data).toMatchObject({ run, why: 'undoing task a failed', reason: 'slot dropped by hand' });
    expect(call.exit).toBe(0);
    expect(answer(await lease('list')).data.leases).toEqual([]);
    for (const name of ['7301', 'demo']) {
      const line = JSON.parse(readFileSync(join(lab.home, 'leases', name, 'acks.jsonl'), 'utf8'));
      expect(line).toMatchObject({ run, by: expect.stringMatching(/^alice/), reason: 'slot dropped by hand' });
    }
    expect((await lab.parts.store.read(run)).at(-1)?.type).toBe('run.ended');
  });

  it('is refused without a reason, for a run that is not rollback-failed, and for one that locks nothing', async () => {
    await leaveLocked();
    const refused = async (...argv: string[]) => {
      const call = await lease('ack', ...argv);
      expect(call.exit).toBe(2);
      return answer(call).error;
    };
    expect(await refused(run)).toMatch(/needs a reason/);
    expect(await refused(run, '--reason', 'x')).toMatch(/has not failed|driven at this moment/);
    expect(answer(await lease('list')).data.leases).toMatchObject([{ state: 'quarantined' }]);
  });

  it('is refused a second time: there is nothing locked any more', async () => {
    await leaveLocked(...failed);
    await lease('ack', run, '--reason', 'x');
    const again = await lease('ack', run, '--reason', 'x');
    expect(answer(again)).toMatchObject({ code: 'USAGE', error: expect.stringContaining('keeps no cluster locked') });
  });

  it('is possible when the journal of the run is lost', async () => {
    putInQuarantine(both(), { run, why: 'undoing task a failed', since: '2026-11-20T12:00:00.000Z' });
    expect((await lease('ack', run, '--reason', 'runs/ was lost with the disk')).exit).toBe(0);
    expect((await lease('ack', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '--reason', 'x')).exit).toBe(2);
  });
});

describe('lease steal', () => {
  it('is refused while the holder lives, with the words how to cancel it', async () => {
    await hold();
    const call = await lease('steal', 'demo', '--reason', 'x');
    expect(answer(call)).toMatchObject({
      code: 'LEASE_BUSY',
      facts: { cluster: 'demo' },
      hint: expect.stringContaining(`pgdba runs cancel ${run}`),
    });
    expect(call.exit).toBe(4);
  });

  it('takes a silent holder out under both names', async () => {
    await hold();
    for (const name of ['7301', 'demo']) {
      for (const { path } of leasePaths(lab.home, name, ['topology', 'backup'])) backdateLease(path);
    }
    const call = await lease('steal', 'demo', '--reason', 'it hangs since 10:40');
    expect(answer(call).data).toMatchObject({ stolen_from: [run], why: expect.stringContaining('silent') });
    expect(answer(await lease('list')).data.leases).toMatchObject([{ run, state: 'stolen' }]);
    expect(answer(await lease('show', 'demo')).data).toMatchObject({
      free: true,
      leases: [{ why: expect.stringMatching(/^alice.* took it away: it hangs since 10:40$/) }],
    });
  });

  it('needs a reason', async () => {
    await hold();
    const call = await lease('steal', 'demo');
    expect(answer(call)).toMatchObject({ code: 'USAGE', hint: 'pgdba lease steal demo --reason "…"' });
  });
});
