import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectConsole, type PgBouncerConsole } from '../../src/clients/pgbouncer.ts';
import type { Cluster } from '../../src/inventory/cluster.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { pgdba, startPgdba } from '../harness/cli.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';
import { connectTo, secretOf } from '../harness/world.ts';
import { primaryOf, throughPooler, Writer } from './switchover-writer.ts';

/** One cluster of three, whose primary role goes round, with an application that writes all the time. */
describe('a switchover', () => {
  let home: ScratchHome;
  let cluster: Cluster;
  const cli = (...argv: string[]) => pgdba(home.path, ...argv);
  const trigger = (...argv: string[]) => cli('failover', 'trigger', '--name', 'round', '--yes', ...argv);
  const status = async () => (await cli('cluster', 'status', '--name', 'round')).envelope.data;
  const healthy = () => until('a healthy cluster', async () => ((await status()).healthy ? status() : null), 90_000);
  const timeline = async () => {
    const { members, primary } = await status();
    return members.find(({ name }: { name: string }) => name === primary).timeline;
  };
  const onConsole = async <T>(use: (open: PgBouncerConsole) => Promise<T>): Promise<T> => {
    const pooler = cluster.services.find(({ kind }) => kind === 'pgbouncer');
    const open = await connectConsole({
      host: pooler?.host ?? '',
      port: pooler?.port ?? 0,
      user: 'pgdba',
      password: await secretOf({ cluster }, 'console'),
      application_name: 'test',
      connectTimeoutMs: 5000,
    });
    return use(open).finally(() => open.close());
  };

  const writers: Writer[] = [];
  const startWriter = async () => {
    const writer = await Writer.start(cluster);
    writers.push(writer);
    return writer;
  };

  beforeAll(async () => {
    home = await scratchHome();
    const made = await cli('cluster', 'init', '--provider', 'local', '--name', 'round');
    expect(made.stderr).not.toMatch(/error/i);
    const found = await new Inventory(home.path).read('round');
    if (!found) throw new Error('the cluster is not in the inventory');
    cluster = found;
  });
  afterEach(async () => {
    await Promise.allSettled(writers.splice(0).map((writer) => writer.stop()));
  });
  afterAll(async () => {
    await cli('cluster', 'destroy', '--name', 'round', '--confirm');
    await home.remove();
  });

  it('moves the primary while clients commit: none of their transactions fails, none is lost', async () => {
    const before = await healthy();
    const was = await timeline();
    const writer = await startWriter();
    const { exit, envelope, stderr } = await trigger();
    const { gap, lost } = await writer.stop();
    expect(stderr).not.toMatch(/error/i);
    expect(exit).toBe(0);
    expect(envelope.data).toMatchObject({
      type: 'switchover',
      from: before.primary,
      status: 'completed',
      timeline: was + 1,
      instead_of: null,
      failed_transactions: 0,
      lost_transactions: 0,
      bypassing_clients: 0,
    });
    expect(writer.failures).toEqual([]);
    expect(lost).toEqual([]);
    expect(await primaryOf(cluster)).toBe(envelope.data.to);
    // Its probe and this writer saw the same standstill.
    expect(Math.abs(envelope.data.outage_ms - gap)).toBeLessThan(0.1 * gap + 50);
    const { healthy: well, members } = await status();
    expect(well).toBe(true);
    const old = members.find(({ name }: { name: string }) => name === before.primary);
    expect(old).toMatchObject({ role: 'replica', timeline: was + 1 });
  });

  it('goes to the standby that was named, by the other name of the command', async () => {
    const { primary, members } = await healthy();
    const candidate = members.map(({ name }: { name: string }) => name).findLast((name: string) => name !== primary);
    const { exit, envelope } = await cli('switchover', '--name', 'round', '--yes', '--candidate', candidate);
    expect(exit).toBe(0);
    expect(envelope.data).toMatchObject({ from: primary, to: candidate });
  });

  it('counts and names clients that bypass the pooler', async () => {
    const { primary } = await healthy();
    const member = cluster.members.find(({ name }) => name === primary);
    if (!member) throw new Error('no primary');
    const direct = await connectTo({ cluster }, member, { application_name: 'report' });
    const { envelope } = await trigger();
    expect(envelope.data).toMatchObject({
      bypassing_clients: 1,
      bypassing: [{ user: 'postgres', application: 'report', address: '127.0.0.1', clients: 1 }],
    });
    expect(direct.alive).toBe(false);
  });

  it('--check looks at everything and changes nothing', async () => {
    await healthy();
    const was = [await primaryOf(cluster), await timeline(), await onConsole((open) => open.show('DATABASES'))];
    const { exit, envelope } = await trigger('--check');
    expect(exit).toBe(0);
    const is = (id: string) => envelope.data.tasks.find((task: { id: string }) => task.id === id)?.is;
    expect(['topology', 'choose', 'reach', 'parity', 'handover', 'pools'].map(is)).toEqual(Array(6).fill('ok'));
    expect(['rest', 'flush', 'hold', 'switch'].map(is)).toEqual(Array(4).fill('change'));
    expect([await primaryOf(cluster), await timeline(), await onConsole((open) => open.show('DATABASES'))]).toEqual(
      was,
    );
  });

  describe('is refused, and nothing is changed,', () => {
    const refused = async (words: RegExp, ...argv: string[]) => {
      const was = await timeline();
      const { exit, envelope } = await trigger(...argv);
      expect(envelope.error).toMatch(words);
      expect(envelope.hint).not.toBe('');
      expect(exit).toBe(3);
      expect(await timeline()).toBe(was);
      const session = await throughPooler(cluster);
      await session.query('select 1');
      await session.close();
    };

    it('for a candidate that does not exist', async () => {
      await healthy();
      await refused(/no member "nobody"/, '--candidate', 'nobody');
    });

    it('for the primary itself', async () => {
      const { primary } = await healthy();
      await refused(/it is the primary already/, '--candidate', primary);
    });

    it('while a transaction is open for too long; its pid is named', async () => {
      await healthy();
      const session = await throughPooler(cluster);
      await session.query('begin');
      const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.2)');
      await refused(new RegExp(`pid ${rows[0]?.pid} .*writer.* is open for`), '--max-transaction', '100ms');
      await session.query('rollback');
      await session.close();
    });

    it('with a pool in session mode', async () => {
      await healthy();
      await onConsole((open) => open.command("SET pool_mode = 'session'"));
      try {
        await refused(/pool_mode is session, not transaction/);
      } finally {
        await onConsole((open) => open.command("SET pool_mode = 'transaction'"));
      }
    });

    it('with everything that is wrong told together', async () => {
      const { primary } = await healthy();
      await onConsole((open) => open.command("SET pool_mode = 'session'"));
      try {
        await refused(/it is the primary already.*pool_mode is session/s, '--candidate', primary);
      } finally {
        await onConsole((open) => open.command("SET pool_mode = 'transaction'"));
      }
    });

    it('with a pooler that is paused already, which stays as it is', async () => {
      await healthy();
      await onConsole((open) => open.command('PAUSE'));
      const { exit, envelope } = await trigger();
      await onConsole((open) => open.command('RESUME'));
      expect(exit).toBe(3);
      expect(envelope.error).toMatch(/lets nothing through/);
    });
  });

  it('is taken back when clients do not come to rest: they go on, and the primary is the same', async () => {
    const { primary } = await healthy();
    const session = await throughPooler(cluster);
    await session.query('begin');
    await session.query('select 1');
    const writer = await startWriter();
    const { exit, envelope } = await trigger('--hold-within', '300ms');
    await until('the writer to write', () => writer.wroteWithin(200), 2000);
    const { lost } = await writer.stop();
    await session.query('commit');
    await session.close();
    expect(envelope.error).toMatch(/not every pooler came to rest within 300ms/);
    expect(envelope.facts.oldest_transaction).toMatch(/writer/);
    expect(exit).toBe(5);
    expect([writer.failures, lost]).toEqual([[], []]);
    expect(await primaryOf(cluster)).toBe(primary);
  });

  it('killed while clients are held, lets them go on by itself, and is finished by resume', async () => {
    await healthy();
    const writer = await startWriter();
    const before = journals(home.path).length;
    const child = startPgdba(home.path, 'failover', 'trigger', '--name', 'round', '--yes', '--quiet');
    const held = (text: string) => /"type":"task.result","task":"hold"/.test(text);
    await until('the hold', () => journals(home.path).slice(before).some(held), 30_000);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    const known = writer.acknowledged.length;
    await until('the writer to write', () => writer.acknowledged.length > known + 3, 5000);
    const { exit, envelope } = await cli('runs', 'resume', 'last', '--yes');
    const { lost } = await writer.stop();
    expect(lost).toEqual([]);
    expect([envelope.error, exit]).toEqual([undefined, 0]);
    expect((await healthy()).healthy).toBe(true);
  });
});

/** The journals of all runs, oldest first. */
function journals(home: string): string[] {
  const runs = join(home, 'runs');
  return readdirSync(runs)
    .filter((name) => /^[0-9A-Z]{26}$/.test(name))
    .sort()
    .map((run) => join(runs, run, 'journal.jsonl'))
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'));
}
