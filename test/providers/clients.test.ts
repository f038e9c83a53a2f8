import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, send, wake } from '../../src/clients/patroni.ts';
import { readCluster, readMember } from '../../src/clients/patroni-answers.ts';
import { connectConsole } from '../../src/clients/pgbouncer.ts';
import { connect } from '../../src/clients/postgres.ts';
import { quoteIdentifier, quoteLiteral } from '../../src/formats/identifier.ts';
import type { Member } from '../../src/inventory/cluster.ts';
import { serviceOf } from '../../src/providers/local/layout.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { eventually } from '../harness/eventually.ts';
import { connectTo, localWorld, secretOf, startAll, type World } from '../harness/world.ts';

let made: World | undefined;
const world = (): World => {
  if (!made) throw new Error('the world was not made');
  return made;
};
const member = (): Member => {
  const [first] = world().cluster.members;
  if (!first) throw new Error('the world has no member');
  return first;
};
const rest = () => ({ host: member().host, port: member().rest_port });
const wrong = new Secret('env:WRONG', 'not the password');

beforeAll(async () => {
  made = await localWorld({ name: 'clients' });
  await startAll(made);
  await eventually(async () => {
    const answer = readMember((await get(rest(), '/patroni', { timeoutMs: 2_000 })).body);
    return answer.role === 'primary' && answer.state === 'running';
  });
});
afterAll(() => made?.remove());

describe('client postgres', () => {
  it('binds values and keeps what JavaScript cannot hold as text', async () => {
    const connection = await connectTo(world(), member());
    const answer = await connection.query(
      `select $1::int8 + 9007199254740993 as big, 1.10::numeric as exact, 7 as small, true as yes,
              timestamptz '2026-11-20 01:02:03.123456+00' as at, '{"a": 1}'::jsonb as json, null as nothing, $2::text as text`,
      ['0', "'; drop table x; --"],
    );
    expect(answer.rows).toEqual([
      {
        big: '9007199254740993',
        exact: '1.10',
        small: 7,
        yes: true,
        at: '2026-11-20 01:02:03.123456+00',
        json: { a: 1 },
        nothing: null,
        text: "'; drop table x; --",
      },
    ]);
    expect(answer).toMatchObject({ count: 1, command: 'SELECT' });
    expect(answer.columns[0]).toBe('big');
    await connection.close();
  });

  it('tells a wrong password, a missing one and an unknown user from an unreachable server', async () => {
    await expect(connectTo(world(), member(), { password: wrong })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    await expect(connectTo(world(), member(), { password: undefined })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    await expect(connectTo(world(), member(), { user: 'nobody' })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    const [port = 1] = await world().provider.freePorts(1);
    await expect(connectTo(world(), member(), { port })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      class: 'transient',
    });
    await expect(connectTo(world(), member(), { database: 'nowhere' })).rejects.toMatchObject({
      code: 'SQL_FAILED',
      facts: { sqlstate: '3D000' },
    });
  });

  it('never uses a password of its own environment', async () => {
    process.env.PGPASSWORD = (await secretOf(world(), 'superuser')).reveal();
    try {
      await expect(connectTo(world(), member(), { password: undefined })).rejects.toMatchObject({
        code: 'AUTH_FAILED',
      });
    } finally {
      delete process.env.PGPASSWORD;
    }
  });

  it('shows no password in any error', async () => {
    const thrown = await connectTo(world(), member(), { password: wrong }).catch((error: unknown) => error);
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain(wrong.reveal());
  });

  it('refuses to write in a read-only transaction, however it is asked', async () => {
    const connection = await connectTo(world(), member());
    const attempt = (...texts: string[]) =>
      connection.readOnly(async (query) => {
        for (const text of texts) await query(text);
      });
    await expect(attempt('create table x ()')).rejects.toMatchObject({
      code: 'SQL_FAILED',
      facts: { sqlstate: '25006' },
    });
    await expect(attempt('set transaction read write')).rejects.toMatchObject({ facts: { sqlstate: '25001' } });
    await expect(attempt('commit; create table x ()')).rejects.toMatchObject({ facts: { sqlstate: '42601' } });
    await expect(attempt('commit', 'create table x ()')).rejects.toMatchObject({ facts: { sqlstate: '25006' } });
    expect((await connection.query("select to_regclass('x') as x")).rows).toEqual([{ x: null }]);
    expect(await connection.readOnly(async (query) => (await query<{ one: number }>('select 1 as one')).rows)).toEqual([
      { one: 1 },
    ]);
    await connection.close();
  });

  it('limits the time of a read-only statement', async () => {
    const connection = await connectTo(world(), member());
    const slow = connection.readOnly((query) => query('select pg_sleep(60)'), { statementTimeoutMs: 100 });
    await expect(slow).rejects.toMatchObject({ code: 'SQL_FAILED', facts: { sqlstate: '57014' } });
    await connection.close();
  });

  it('keeps two callers of one connection apart', async () => {
    const connection = await connectTo(world(), member());
    const [reading, writing] = await Promise.allSettled([
      connection.readOnly(async (query) => {
        await query('select pg_sleep(0.2)');
        return (await query('show transaction_read_only')).rows;
      }),
      connection.query('create temporary table mine ()'),
    ]);
    expect(reading).toMatchObject({ value: [{ transaction_read_only: 'on' }] });
    expect(writing).toMatchObject({ status: 'fulfilled' });
    await connection.close();
  });

  it('gives up at once when aborted', async () => {
    const connection = await connectTo(world(), member());
    const sleeping = connection.query('select pg_sleep(60)', [], { signal: AbortSignal.timeout(200) });
    await expect(sleeping).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(connection.query('select 1')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await connection.close();
  });

  it('sends nothing once aborted, and keeps the connection', async () => {
    const connection = await connectTo(world(), member());
    const signal = AbortSignal.abort();
    await expect(connection.query('select 1', [], { signal })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect((await connection.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await expect(connectTo(world(), member(), { signal })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await connection.close();
  });

  it('survives the end of an idle connection and says so at the next statement', async () => {
    const idle = await connectTo(world(), member(), { application_name: 'idle-one' });
    const killer = await connectTo(world(), member());
    await killer.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'idle-one'");
    await eventually(() => !idle.alive);
    await expect(idle.query('select 1')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await idle.close();
    await killer.close();
  });

  it('says that a statement was cut off when its connection is ended', async () => {
    const busy = await connectTo(world(), member(), { application_name: 'busy-one' });
    const killer = await connectTo(world(), member());
    const sleeping = busy.query('select pg_sleep(60)').catch((error: unknown) => error);
    await eventually(async () => {
      const end =
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'busy-one' and state = 'active'";
      return (await killer.query(end)).count === 1;
    });
    expect(await sleeping).toMatchObject({ code: 'CONNECTION_LOST' });
    await busy.close();
    await killer.close();
  });

  it('quotes names and values as PostgreSQL reads them', async () => {
    const connection = await connectTo(world(), member());
    for (const hostile of ['a"b', "a'b", 'a\\b', "\\'; drop table x; --", 'ü\n=$$', ' ']) {
      for (const conforming of ['on', 'off']) {
        await connection.query(`set standard_conforming_strings = ${conforming}`);
        const { rows } = await connection.query(`select ${quoteLiteral(hostile)} as ${quoteIdentifier(hostile)}`);
        expect(rows).toEqual([{ [hostile]: hostile }]);
      }
    }
    await connection.close();
  });
});

describe('client patroni', () => {
  it('reads the member and the cluster', async () => {
    const one = readMember((await get(rest(), '/patroni', { timeoutMs: 2_000 })).body);
    expect(one).toMatchObject({ role: 'primary', state: 'running', timeline: 1, pause: false, scope: 'clients' });
    expect(one.database_system_identifier).toMatch(/^\d{15,}$/);
    expect(one.xlog.location).toMatch(/^\d+$/);
    expect(one.patroni_version).toMatch(/^\d+\.\d+/);
    const all = readCluster((await get(rest(), '/cluster', { timeoutMs: 2_000 })).body);
    expect(all.members).toMatchObject([
      { name: 'clients-1', role: 'leader', state: 'running', port: member().port, lag: 0 },
    ]);
  });

  it('needs the credentials for every call that changes something', async () => {
    const patch = (credentials?: { user: string; password: Secret }) =>
      send(rest(), 'PATCH', '/config', { ttl: 30 }, { timeoutMs: 5_000, ...(credentials ? { credentials } : {}) });
    await expect(patch()).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    await expect(patch({ user: 'pgdba', password: wrong })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    const good = { user: 'pgdba', password: await secretOf(world(), 'rest') };
    expect(await patch(good)).toMatchObject({ status: 200, body: { ttl: 30, loop_wait: 10 } });
    expect(await send(rest(), 'POST', '/switchover', {}, { timeoutMs: 5_000, credentials: good })).toMatchObject({
      status: 400,
      body: null,
      text: expect.stringMatching(/\w/),
    });
  });

  it('wakes a member without changing its configuration', async () => {
    const config = async () => (await get(rest(), '/config', { timeoutMs: 2_000 })).text;
    const before = await config();
    await wake(rest(), { timeoutMs: 5_000, credentials: { user: 'pgdba', password: await secretOf(world(), 'rest') } });
    expect(await config()).toBe(before);
  });

  it('says when nobody answers', async () => {
    const [port = 1] = await world().provider.freePorts(1);
    const asked = get({ host: '127.0.0.1', port }, '/patroni', { timeoutMs: 2_000 });
    await expect(asked).rejects.toMatchObject({ code: 'PATRONI_UNREACHABLE', class: 'transient' });
  });
});

describe('client pgbouncer', () => {
  const open = async (password: Secret | undefined) => {
    const pooler = world().cluster.services.find(({ kind }) => kind === 'pgbouncer');
    if (!pooler) throw new Error('the world has no pooler');
    const { host, port } = pooler;
    return connectConsole({
      host,
      port,
      user: 'pgdba',
      password,
      application_name: 'pgdba-test',
      connectTimeoutMs: 5_000,
    });
  };

  it('shows pools, databases and its version, and reloads', async () => {
    const pooler = await open(await secretOf(world(), 'console'));
    expect(await pooler.version()).toMatch(/^1\.\d+/);
    expect(await pooler.pools()).toMatchObject([{ database: 'pgbouncer' }]);
    expect((await pooler.databases()).map(({ name }) => name)).toContain('pgbouncer');
    await pooler.reload();
    await pooler.close();
  });

  it('tells a primary that the pooler cannot reach from a wrong password', async () => {
    const { cluster, provider } = world();
    const [dead = 1] = await provider.freePorts(1);
    const { target, service } = serviceOf(cluster, 'pooler-1');
    const before = await provider.readFile(cluster, 'pooler-1', target);
    const write = (text: string) => provider.writeFile(cluster, 'pooler-1', target, text, { mode: 0o600 });
    const pooler = await open(await secretOf(world(), 'console'));
    await write(`[databases]\n* = host=127.0.0.1 port=${dead}\n`);
    await pooler.reload();
    const login = async (password: Secret) =>
      connectTo(world(), member(), { port: service.port, user: 'app', password, connectTimeoutMs: 15_000 });
    await expect(login(await secretOf(world(), 'app'))).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    await expect(login(wrong)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    await write(before);
    await pooler.reload();
    await pooler.close();
  });

  it('keeps the console after a refusal', async () => {
    const pooler = await open(await secretOf(world(), 'console'));
    await expect(pooler.command('RESUME')).rejects.toMatchObject({ code: 'SQL_FAILED' });
    expect(await pooler.version()).toMatch(/^1\./);
    await pooler.close();
  });

  it('lets nobody in without the password', async () => {
    await expect(open(wrong)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    await expect(open(undefined)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    const pooler = world().cluster.services.find(({ kind }) => kind === 'pgbouncer');
    const app = connect({
      host: '127.0.0.1',
      port: pooler?.port ?? 0,
      user: 'app',
      password: await secretOf(world(), 'app'),
      database: 'pgbouncer',
      application_name: 'pgdba-test',
      connectTimeoutMs: 5_000,
    });
    await expect(app).rejects.toMatchObject({ code: expect.stringMatching(/^(AUTH_FAILED|CONNECT_FAILED)$/) });
  });
});
