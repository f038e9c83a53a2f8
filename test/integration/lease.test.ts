import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresConnection } from '../../src/clients/postgres.ts';
import { openFence } from '../../src/engine/fence.ts';
import { type ClusterLease, leaseCluster } from '../../src/engine/lease-cluster.ts';
import type { Cluster } from '../../src/inventory/cluster.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { loadPlaybook } from '../../src/playbook/load.ts';
import type { Playbook } from '../../src/playbook/playbook.ts';
import { backdateLease } from '../harness/backdate-lease.ts';
import { pgdba, startPgdba } from '../harness/cli.ts';
import { EngineLab } from '../harness/engine-lab.ts';
import { failureOf } from '../harness/failure-of.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';
import { connectTo } from '../harness/world.ts';
import { primaryOf } from './switchover-writer.ts';

const work = `apiVersion: pgdba/v1
kind: Playbook
name: work
version: "1.0.0"
summary: Some work.
risk: safe
target: cluster
lease: [topology, backup]
tasks:
  - { id: a, uses: ensure@1, with: { in: nowhere, name: a } }
`;

/** One cluster of two, known in two homes, as on the machines of two operators. */
describe('the lease of a cluster that lives', () => {
  const homes: ScratchHome[] = [];
  const labs: EngineLab[] = [];
  const held: ClusterLease[] = [];
  let cluster: Cluster;
  let playbook: Playbook;
  const cli = (home: number, ...argv: string[]) => pgdba(homes[home]?.path ?? '', ...argv);
  const lab = (home: number) => {
    const found = labs[home];
    if (!found) throw new Error('there are two homes');
    return found;
  };
  const subject = (run: string) => ({ run, playbook, target: { name: 'leased', provider: 'local' }, cluster });
  const take = async (home: number, run: string, waitMs = 0): Promise<ClusterLease> => {
    const lease = await leaseCluster(lab(home).parts, subject(run), {
      observer: { onRecord: () => undefined, onProgress: () => undefined },
      prompt: null,
      signal: new AbortController().signal,
      waitMs,
    });
    if (!lease) throw new Error('a run that changes something has a lease');
    held.push(lease);
    return lease;
  };
  const onPrimary = async <T>(use: (open: PostgresConnection) => Promise<T>): Promise<T> => {
    const name = await primaryOf(cluster);
    const member = cluster.members.find((candidate) => candidate.name === name);
    if (!member) throw new Error('no primary');
    const open = await connectTo({ cluster }, member);
    return use(open).finally(() => open.close());
  };
  /** The locks of all runs on the present primary. */
  const locks = () =>
    onPrimary(async (open) => {
      const { rows } = await open.query<{ application_name: string; classid: number; objid: number }>(`
        select application_name, classid, objid, state, backend_xmin, xact_start
          from pg_locks join pg_stat_activity using (pid)
         where locktype = 'advisory' and granted order by application_name, objid`);
      return rows;
    });
  const holders = async () => [...new Set((await locks()).map(({ application_name: name }) => name))];
  /** By Patroni alone: no pgdba knows of it. */
  const moveThePrimary = async () => {
    const leader = (await primaryOf(cluster)) ?? '';
    await lab(0).parts.world.lend(
      {
        ...{ target: subject('test').target, run: { id: 'test', task: 'move', attempt: 1 }, params: {} },
        ...{ signal: AbortSignal.timeout(60_000), log: () => undefined, progress: () => undefined },
      },
      async (act) => {
        const member = await act.member(leader);
        await member.send('POST', '/switchover', { leader });
      },
    );
    return until('another primary', async () => {
      const now = await primaryOf(cluster).catch(() => null);
      return now !== null && now !== leader ? now : null;
    });
  };
  const healthy = () =>
    until(
      'a healthy cluster',
      async () => (await cli(0, 'cluster', 'status', '--name', 'leased')).envelope.data?.healthy === true,
      90_000,
    );

  beforeAll(async () => {
    homes.push(await scratchHome(), await scratchHome());
    const made = await cli(0, 'cluster', 'init', '--provider', 'local', '--name', 'leased', '--members', '2');
    expect(made.stderr).not.toMatch(/error/i);
    const [first, second] = homes;
    if (!first || !second) throw new Error('two homes were made');
    copyFileSync(join(first.path, 'clusters.json'), join(second.path, 'clusters.json'));
    labs.push(new EngineLab(first.path), new EngineLab(second.path));
    const found = await new Inventory(first.path).read('leased');
    if (!found) throw new Error('the cluster is not in the inventory');
    cluster = found;
    playbook = await loadPlaybook(work, 'work.yaml', lab(0).parts.registry);
  });
  afterEach(async () => {
    for (const lease of held.splice(0)) await lease.release();
    await until('the locks to be gone', async () => (await holders().catch(() => ['no primary'])).length === 0);
  });
  afterAll(async () => {
    await cli(0, 'cluster', 'destroy', '--name', 'leased', '--confirm');
    for (const home of homes) await home.remove();
  });

  it('is one idle session on the primary itself, with a lock per key that keeps no vacuum back', async () => {
    await take(0, 'RUN-1');
    const session = { application_name: 'pgdba/RUN-1', state: 'idle', backend_xmin: null, xact_start: null };
    // ASCII: pgdb, back, topo.
    expect(await locks()).toEqual([
      { ...session, classid: 1885824098, objid: 1650549611 },
      { ...session, classid: 1885824098, objid: 1953460335 },
    ]);
  });

  it('keeps a second home out, which is told by whom; its own files are free again', async () => {
    await take(0, 'RUN-1');
    const error = await failureOf(take(1, 'RUN-2'));
    expect(error).toMatchObject({
      code: 'LEASE_BUSY',
      facts: { cluster: 'leased', run: 'RUN-1', host: '127.0.0.1', since: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    expect(error.message).toMatch(/held by run RUN-1 \(a session from 127\.0\.0\.1 on n\d\)/);
    expect(await holders()).toEqual(['pgdba/RUN-1']);
    const { exit, envelope } = await cli(1, 'failover', 'trigger', '--name', 'leased', '--yes');
    expect(envelope).toMatchObject({ code: 'LEASE_BUSY', facts: { run: 'RUN-1' } });
    expect(exit).toBe(4);
    expect((await cli(1, 'lease', 'list')).envelope.data.leases).toEqual([]);
  });

  it('is given to a second home that waits, once the first has ended', async () => {
    const first = await take(0, 'RUN-1');
    const second = take(1, 'RUN-2', 30_000);
    await until('the second to hold its files', async () => {
      const { leases } = (await cli(1, 'lease', 'list')).envelope.data;
      return leases[0]?.run === 'RUN-2';
    });
    await first.release();
    await (await second).assertHeld();
    expect(await holders()).toEqual(['pgdba/RUN-2']);
  });

  it('leaves the session of a silent holder behind no longer than its files', async () => {
    const sleeper = await take(0, 'RUN-1');
    silence(lab(0).home, ['leased', cluster.system_identifier ?? '']);
    const second = await take(0, 'RUN-2');
    expect(await holders()).toEqual(['pgdba/RUN-2']);
    const error = await failureOf(sleeper.assertHeld());
    expect(error).toMatchObject({ code: 'LEASE_LOST', facts: { cluster: 'leased', run: 'RUN-1', holder: 'RUN-2' } });
    await second.assertHeld();
  });

  it('is taken again on the new primary; another home that was quicker there has it for good', async () => {
    await healthy();
    const first = await take(0, 'RUN-1');
    const primary = await moveThePrimary();
    await first.assertHeld();
    expect([await holders(), await primaryOf(cluster)]).toEqual([['pgdba/RUN-1'], primary]);

    await healthy();
    await moveThePrimary();
    await take(1, 'RUN-2');
    const error = await failureOf(first.assertHeld());
    expect(error).toMatchObject({ code: 'LEASE_LOST', facts: { cluster: 'leased', run: 'RUN-1', holder: 'RUN-2' } });
    expect(error.message).toMatch(/run RUN-2 does, by a session from 127\.0\.0\.1/);
    // And not by a second try either.
    expect(await failureOf(first.assertHeld())).toMatchObject({ code: 'LEASE_LOST' });
  });

  describe('of a program of its own', () => {
    const slow = `apiVersion: pgdba/v1
kind: Playbook
name: slow
version: "1.0.0"
summary: A pause, and then a change.
risk: safe
target: cluster
inputs:
  pause: { type: string, format: duration }
  member: { type: string, format: member }
tasks:
  - { id: pause, uses: wait@1, with: { for: "\${{ inputs.pause }}" } }
  - { id: change, uses: postgres.checkpoint@1, with: { member: "\${{ inputs.member }}" } }
`;
    const start = async (pause: string) => {
      await healthy();
      const file = join(lab(0).home, 'slow.yaml');
      writeFileSync(file, slow);
      const inputs = ['--pause', pause, '--member', (await primaryOf(cluster)) ?? ''];
      return startPgdba(lab(0).home, 'run', file, '--name', 'leased', '--quiet', ...inputs);
    };
    const ended = async (child: ChildProcess) => {
      const [out, [exit]] = await Promise.all([text(child.stdout ?? process.stdin), once(child, 'exit')]);
      return { exit, envelope: JSON.parse(out) };
    };
    const locked = async () => {
      const run = await until('its lock', async () => (await holders())[0]?.replace('pgdba/', ''));
      const journal = join(lab(0).home, 'runs', run, 'journal.jsonl');
      await until('its journal', () => existsSync(journal) && readFileSync(journal, 'utf8').includes('lease.acquired'));
      return run;
    };

    it('is given back when the program ends', async () => {
      const { exit, envelope } = await ended(await start('100ms'));
      expect([envelope.error, exit]).toEqual([undefined, 0]);
      expect((await cli(0, 'lease', 'list')).envelope.data.leases).toEqual([]);
    });

    it('is free for the other home as soon as the program is killed, and for its own resume', async () => {
      const child = await start('2s');
      const run = await locked();
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await (await take(1, 'RUN-2', 5_000)).release();
      const { envelope, exit } = await cli(0, 'runs', 'resume', run);
      expect([envelope.error, exit]).toEqual([undefined, 0]);
    });

    it('is lost to a program that was stopped and goes on: it changes nothing any more', async () => {
      const child = await start('3s');
      const run = await locked();
      process.kill(child.pid ?? 0, 'SIGSTOP');
      silence(lab(0).home, ['leased', cluster.system_identifier ?? ''], ['topology']);
      await take(0, 'RUN-2');
      expect(await holders()).toEqual(['pgdba/RUN-2']);
      process.kill(child.pid ?? 0, 'SIGCONT');
      const { envelope } = await ended(child);
      expect(envelope).toMatchObject({ success: false, code: 'LEASE_LOST', facts: { run, holder: 'RUN-2' } });
      expect(envelope.run.changed).toBe(false);
    });
  });

  it('goes along with a switchover, and is no client that bypasses the pooler', async () => {
    await healthy();
    const { exit, envelope } = await cli(0, 'failover', 'trigger', '--name', 'leased', '--yes');
    expect([envelope.error, exit]).toEqual([undefined, 0]);
    expect(envelope.data).toMatchObject({ bypassing_clients: 0, failed_transactions: 0 });
    const log = readFileSync(join(lab(0).home, 'runs', envelope.run.id, 'log.jsonl'), 'utf8');
    expect(log).toContain(`the lock on the primary is held again, on ${envelope.data.to}`);
  });

  it('is files alone without a primary, and says so; a stop and a start are not in its way', async () => {
    await healthy();
    const stop = await cli(0, 'cluster', 'stop', '--name', 'leased', '--yes');
    expect([stop.envelope.error, stop.exit]).toEqual([undefined, 0]);
    const fence = openFence(lab(0).parts, subject('RUN-1'));
    expect(await fence?.read(AbortSignal.timeout(10_000))).toBeNull();
    const lost = { system_identifier: cluster.system_identifier ?? '', timeline: 1 };
    expect(await fence?.assertUnmoved(lost, AbortSignal.timeout(10_000))).toBeNull();
    const start = await cli(0, 'cluster', 'start', '--name', 'leased', '--yes');
    expect([start.envelope.error, start.exit]).toEqual([undefined, 0]);
    const log = readFileSync(join(lab(0).home, 'runs', start.envelope.run.id, 'log.jsonl'), 'utf8');
    expect(log).toContain('no lock on the primary (cluster leased has no member that accepts writes)');
  });

  describe('has a fence', () => {
    const signal = () => AbortSignal.timeout(30_000);
    const fenceOf = (run: string) => {
      const fence = openFence(lab(0).parts, subject(run));
      if (!fence) throw new Error('a known cluster has a fence');
      return fence;
    };

    it('that refuses a run once somebody else has promoted a member, at once after the promotion', async () => {
      await healthy();
      const fence = fenceOf('RUN-1');
      const seen = await fence.assertUnmoved(null, signal());
      expect(seen).toEqual({ system_identifier: cluster.system_identifier, timeline: expect.any(Number) });
      expect(await fence.assertUnmoved(seen, signal())).toEqual(seen);
      const primary = await moveThePrimary();
      const error = await failureOf(fence.assertUnmoved(seen, signal()));
      const was = seen?.timeline ?? 0;
      expect(error).toMatchObject({
        code: 'FENCED',
        class: 'conflict',
        facts: { expected: `timeline ${was}`, found: `timeline ${was + 1} (primary ${primary})` },
      });
      expect(error.hint).toContain('pgdba cluster status --name leased');
      expect(error.hint).toContain('pgdba runs resume RUN-1');
      expect(await fence.read(signal())).toEqual({ ...seen, timeline: was + 1 });
    });

    it('that refuses another database system', async () => {
      const seen = { system_identifier: '1', timeline: 1 };
      const error = await failureOf(fenceOf('RUN-1').assertUnmoved(seen, signal()));
      expect(error).toMatchObject({ code: 'FENCED', facts: { expected: 'database system 1' } });
      expect(error.facts['found']).toContain(`database system ${cluster.system_identifier}`);
    });

    it('that does not take the end of patience for an answer', async () => {
      const stop = new AbortController();
      const answer = fenceOf('RUN-1').assertUnmoved({ system_identifier: '1', timeline: 1 }, stop.signal);
      stop.abort(new Error('told to stop'));
      await expect(answer).rejects.toThrow('told to stop');
    });
  });
});

/** Makes the holder of these leases silent since a minute, as if its process had been stopped. */
function silence(home: string, directories: readonly string[], keys = ['topology', 'backup']): void {
  for (const directory of directories) {
    for (const key of keys) backdateLease(join(home, 'leases', directory, key));
  }
}
