import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, type PostgresConnection } from '../../src/clients/postgres.ts';
import type { Cluster, Member } from '../../src/inventory/cluster.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { pgdba, startPgdba } from '../harness/cli.ts';
import { failureOf } from '../harness/failure-of.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';
import { connectTo, secretOf } from '../harness/world.ts';

interface Order {
  readonly sleep?: number;
  readonly transaction: boolean;
  readonly timeout: string;
  /** Instead of a pause and then a row. */
  readonly statement?: string;
}

describe('a statement of a run', () => {
  let home: ScratchHome;
  let server: PostgresConnection;
  let cluster: Cluster;
  let member: Member;
  const cli = (...argv: string[]) => pgdba(home.path, ...argv);
  const playbook = ({ sleep = 3, transaction, timeout, statement }: Order) => {
    const file = join(home.path, 'deed.yaml');
    const text = statement ?? `do $$ begin perform pg_sleep(${sleep}); insert into deeds values (1); end $$`;
    writeFileSync(
      file,
      `apiVersion: pgdba/v1
kind: Playbook
name: deed
version: "1.0.0"
summary: A slow deed.
risk: disruptive
target: cluster
tasks:
  - id: deed
    uses: sql@1
    timeout: ${timeout}
    with:
      transaction: ${transaction}
      statement: ${JSON.stringify(text)}
      done_when: select exists (select from deeds)
`,
    );
    return ['run', file, '--name', 'deeds', '--yes'];
  };
  /** What the server still does for any run. */
  const atWork = async () => {
    const { rows } = await server.query<{ name: string; pid: number }>(
      `select application_name as name, pid from pg_stat_activity
        where application_name like 'pgdba/%' and state <> 'idle' and query like '%pg_sleep%' order by pid`,
    );
    return rows;
  };
  const deeds = async () => (await server.query<{ n: number }>('select count(*)::int as n from deeds')).rows[0]?.n;
  const begun = () => until('the statement at work', async () => (await atWork())[0]);
  /** Another program, left in the middle of its statement. */
  const start = async (order: Order) => {
    const child = startPgdba(home.path, ...playbook(order), '--quiet');
    const { name } = await begun();
    return { child, run: name.replace('pgdba/', '') };
  };

  beforeAll(async () => {
    home = await scratchHome();
    const made = await cli('cluster', 'init', '--provider', 'local', '--name', 'deeds', '--members', '1');
    expect(made.stderr).not.toMatch(/error/i);
    const found = await new Inventory(home.path).read('deeds');
    const [only] = found?.members ?? [];
    if (!found || !only) throw new Error('the cluster is not in the inventory');
    cluster = found;
    member = only;
    server = await connectTo({ cluster }, member);
  });
  beforeEach(async () => {
    // What an earlier test that failed has left.
    await server.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pgdba/%'");
    await until('a quiet server', async () => (await atWork()).length === 0);
    await server.query('drop table if exists deeds');
    await server.query('create table deeds (n int)');
  });
  afterAll(async () => {
    await server?.close();
    await cli('cluster', 'destroy', '--name', 'deeds', '--confirm');
    await home.remove();
  });

  it('has ended in the server when its time is over, before the run says that it changed nothing', async () => {
    const { envelope } = await cli(...playbook({ sleep: 60, transaction: false, timeout: '1s' }));
    expect(envelope).toMatchObject({ success: false, error: expect.stringContaining('ended the statement') });
    expect([await atWork(), await deeds()]).toEqual([[], 0]);
  });

  it('has ended even when it does not let itself be cancelled', async () => {
    const statement = `do $$ begin loop begin perform pg_sleep(60); exception when query_canceled then null; end;
      end loop; end $$`;
    const { envelope } = await cli(...playbook({ statement, transaction: false, timeout: '1s' }));
    expect(envelope).toMatchObject({ success: false });
    expect([await atWork(), await deeds()]).toEqual([[], 0]);
  });

  it('has ended with its transaction and its locks when the run is told to stop', async () => {
    const statement = `do $$ begin insert into deeds values (1); perform pg_sleep(60); end $$`;
    const { child } = await start({ statement, transaction: true, timeout: '90s' });
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    const { rows } = await server.query(
      "select from pg_locks where relation = 'deeds'::regclass and pid <> pg_backend_pid()",
    );
    expect([await atWork(), rows, await deeds()]).toEqual([[], [], 0]);
  });

  it('has ended in the server behind a pooler too', async () => {
    const [pooler] = cluster.services.filter(({ kind }) => kind === 'pgbouncer');
    if (!pooler) throw new Error('the cluster has no pooler');
    const through = await connect({
      ...{ host: pooler.host, port: pooler.port, user: 'app', password: await secretOf({ cluster }, 'app') },
      ...{ database: 'app', application_name: 'pgdba/RUN', connectTimeoutMs: 5_000 },
    });
    const stop = new AbortController();
    const answer = failureOf(through.query('select pg_sleep(60)', [], { signal: stop.signal, ends: true }));
    await begun();
    stop.abort();
    expect(await answer).toMatchObject({ code: 'CONNECTION_LOST' });
    expect([await atWork(), through.alive]).toEqual([[], false]);
  });

  it('whose task is over between begin and commit leaves no open transaction to the next one', async () => {
    const open = await connectTo({ cluster }, member, { application_name: 'pgdba/RUN' });
    const stop = new AbortController();
    const how = { signal: stop.signal, ends: true };
    await open.query('begin', [], how);
    await open.query('insert into deeds values (1)', [], how);
    stop.abort();
    expect(await failureOf(open.query('commit', [], how))).toMatchObject({ code: 'CONNECTION_LOST' });
    const { rows } = await server.query("select from pg_stat_activity where application_name = 'pgdba/RUN'");
    expect([open.alive, rows, await deeds()]).toEqual([false, [], 0]);
  });

  it('that a killed program left at work is ended before the run goes on, so that it runs once', async () => {
    const { child, run } = await start({ sleep: 4, transaction: false, timeout: '60s' });
    const [left] = await atWork();
    const gone = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await gone;
    const { envelope, exit } = await cli('runs', 'resume', run, '--yes');
    expect([envelope.error, exit]).toEqual([undefined, 0]);
    expect((await atWork()).map(({ pid }) => pid)).not.toContain(left?.pid);
    expect(await deeds()).toBe(1);
    // Its own sessions are let alone, the one with the lock too.
    expect(readFileSync(join(home.path, 'runs', run, 'log.jsonl'), 'utf8')).not.toContain('is held again');
  });
});
