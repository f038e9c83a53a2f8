import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { connectConsole } from '../../src/clients/pgbouncer.ts';
import { localProvider } from '../../src/providers/local/index.ts';
import { layoutOf, memberOf, serviceOf } from '../../src/providers/local/layout.ts';
import { readMark } from '../../src/providers/local/mark.ts';
import { clusterRecord } from '../harness/cluster-record.ts';
import { eventually } from '../harness/eventually.ts';
import { scratchHome } from '../harness/scratch-home.ts';
import { connectTo, localWorld, secretOf, startAll, type World } from '../harness/world.ts';

import { providerConformance } from './conformance.ts';

const run = promisify(execFile);
const { signal } = new AbortController();

providerConformance(
  'local',
  () => localWorld(),
  (world) => {
    const member = () => memberOf(world().cluster, world().cluster.members[0]?.name ?? '');
    const pooler = () => serviceOf(world().cluster, 'pooler-1');
    const exec = (argv: string[]) =>
      world().provider.exec(world().cluster, member().name, argv, { as: 'server', signal, timeoutMs: 60_000 });
    const callback = async (role: string) => {
      const { callback: script, services } = layoutOf(world().cluster.directory);
      const sockets = (await readMark(world().cluster.directory))?.sockets ?? '';
      return exec([script, services, sockets, String(member().member.port), 'on_role_change', role, 'demo']);
    };

    it('lets nobody but the server account read anything', async () => {
      await startAll(world());
      const { stdout } = await run('find', [world().cluster.directory, '!', '-type', 'l', '-perm', '/077']);
      expect(stdout).toBe('');
    });

    it('keeps every password out of command lines, environments and logs', async () => {
      await startAll(world());
      await eventually(() => connectTo(world(), member().member).then((connection) => connection.close()), 90_000);
      const passwords = await Promise.all(
        (['superuser', 'replication', 'rewind', 'rest', 'console', 'app'] as const).map(async (name) =>
          (await secretOf(world(), name)).reveal(),
        ),
      );
      const { servers } = await world().provider.inspect(world().cluster);
      const places = servers.flatMap(({ pids }) =>
        pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]),
      );
      for (const { name } of servers) {
        const log = await world().provider.logs(world().cluster, name, 100_000);
        for (const password of passwords) expect(log.join('\n')).not.toContain(password);
      }
      expect(places.length).toBeGreaterThan(6);
      for (const place of places) {
        const text = await readFile(place, 'latin1').catch(() => '');
        for (const password of passwords) expect(text.includes(password), place).toBe(false);
      }
    });

    it('counts no process that merely names the configuration', async () => {
      await startAll(world());
      const before = await world().provider.inspect(world().cluster);
      const watcher = spawn('tail', ['-f', member().config], { stdio: 'ignore' });
      const watching = exec(['timeout', '20', 'tail', '-f', member().config, pooler().config]);
      try {
        await eventually(async () => (await exec(['pgrep', '-f', `^tail -f ${member().config} `])).exit === 0);
        const after = await world().provider.inspect(world().cluster);
        const pids = (inspection: typeof before, name: string) =>
          inspection.servers.find((server) => server.name === name)?.pids;
        expect(pids(after, 'pooler-1')).toEqual(pids(before, 'pooler-1'));
        expect(pids(after, member().name)).not.toContain(watcher.pid);
      } finally {
        watcher.kill();
        await exec(['pkill', '-f', `^tail -f ${member().config} `]);
        await watching;
      }
    });

    it('keeps its servers alive without the process that started them', async () => {
      await startAll(world());
      const { servers } = await world().provider.inspect(world().cluster);
      for (const { pids } of servers) {
        const fields = (await readFile(`/proc/${pids[0]}/stat`, 'latin1')).replace(/^.*\) /, '').split(' ');
        // 4th field of stat after the name: the session; a server leads its own
        expect(Number(fields[3])).toBe(pids[0]);
      }
    });

    it('listens on loopback only', async () => {
      await startAll(world());
      const ports = [
        ...world().cluster.members.flatMap((one) => [one.port, one.rest_port]),
        ...world().cluster.services.map((one) => one.port),
      ];
      const listening = (await readFile('/proc/net/tcp', 'latin1'))
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/));
      const open = listening.filter(
        (fields) => fields[3] === '0A' && ports.includes(Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)),
      );
      expect(open.length).toBe(ports.length);
      for (const fields of open) expect(fields[1]).toMatch(/^0100007F:/);
      expect(await readFile(join(member().data, 'pg_hba.conf'), 'utf8')).not.toMatch(/trust/);
    });

    it('points the pooler at the member that became the primary, by Patroni’s callback', async () => {
      await startAll(world());
      const wanted = `[databases]\n* = host=127.0.0.1 port=${member().member.port}\n`;
      await eventually(async () => (await readFile(pooler().target, 'utf8')) === wanted);
    });

    it('has the callback change nothing on a replica', async () => {
      await startAll(world());
      await world().provider.writeFile(world().cluster, 'pooler-1', pooler().target, '[databases]\n', { mode: 0o600 });
      expect(await callback('replica')).toMatchObject({ exit: 0, stdout: '', stderr: '' });
      expect(await readFile(pooler().target, 'utf8')).toBe('[databases]\n');
      expect((await callback('primary')).exit).toBe(0);
    });

    it('has the callback reload the pooler: clients reach the new primary', async () => {
      await startAll(world());
      await eventually(() => connectTo(world(), member().member).then((connection) => connection.close()), 90_000);
      await world().provider.writeFile(world().cluster, 'pooler-1', pooler().target, '[databases]\n', { mode: 0o600 });
      const console_ = await consoleOf(world());
      try {
        await console_.reload();
        expect(await callback('master')).toMatchObject({
          exit: 0,
          stderr: expect.stringContaining('now points at port'),
        });
        const databases = await console_.databases();
        expect(databases.length).toBeGreaterThan(0);
        const superuser = await connectTo(world(), member().member);
        const app = await secretOf(world(), 'app');
        await superuser.query(`drop role if exists app`);
        await superuser.query(`create role app login password '${app.reveal()}'`);
        await superuser.close();
        const client = await connectTo(world(), member().member, {
          port: pooler().service.port,
          user: 'app',
          password: app,
          connectTimeoutMs: 10_000,
        });
        expect((await client.query('select inet_server_port() as port')).rows).toEqual([
          { port: member().member.port },
        ]);
        await client.close();
      } finally {
        await console_.close();
      }
    });

    it('has the callback write the target of a pooler that is down', async () => {
      await startAll(world());
      await eventually(() => connectTo(world(), member().member).then((connection) => connection.close()), 90_000);
      await world().provider.stop(world().cluster, 'pooler-1', signal);
      await world().provider.writeFile(world().cluster, 'pooler-1', pooler().target, '[databases]\n', { mode: 0o600 });
      expect(await callback('primary')).toMatchObject({
        exit: 0,
        stderr: expect.stringContaining('from its next start on'),
      });
      expect(await readFile(pooler().target, 'utf8')).toContain(`port=${member().member.port}`);
    });

    it('says what a server that cannot start wrote', async () => {
      const { provider, cluster } = world();
      await provider.stop(cluster, 'pooler-1', signal);
      await provider.writeFile(cluster, 'pooler-1', pooler().target, '[databases]\nthis is no line of an ini file\n', {
        mode: 0o600,
      });
      await expect(provider.start(cluster, 'pooler-1', signal)).rejects.toMatchObject({
        code: 'SERVER_START_FAILED',
        facts: { server: 'pooler-1', log: expect.arrayContaining([expect.stringContaining('syntax error')]) },
        hint: expect.stringContaining('server.log'),
      });
      await rm(pooler().target);
      await provider.start(cluster, 'pooler-1', signal);
    });
  },
);

describe('provider local: the place', () => {
  it('refuses a directory that pgdba did not make, and leaves it as it is', async () => {
    const home = await scratchHome();
    const provider = localProvider({ home: home.path });
    const cluster = await clusterRecord(provider, { name: 'foreign' });
    try {
      await mkdir(cluster.directory, { recursive: true });
      await expect(provider.ensurePlace(cluster)).rejects.toMatchObject({ code: 'DIRECTORY_FOREIGN' });
      await expect(provider.removePlace(cluster)).rejects.toMatchObject({ code: 'CLUSTER_NOT_OURS' });
      expect(await readdir(cluster.directory)).toEqual([]);
      expect(await provider.placeOf('foreign')).toEqual({ directory: cluster.directory, state: 'foreign', mark: null });
    } finally {
      await rm(cluster.directory, { recursive: true });
      await rmdir(dirname(cluster.directory));
      await home.remove();
    }
  });

  it('makes the mark first and removes it last, with everything else', async () => {
    const world = await localWorld({ name: 'marked' });
    const { cluster, provider } = world;
    expect(await provider.placeOf('marked')).toEqual({
      directory: cluster.directory,
      state: 'marked',
      mark: cluster.id,
    });
    expect((await stat(cluster.directory)).mode & 0o777).toBe(0o700);
    await world.remove();
    expect(await provider.placeOf('marked')).toMatchObject({ state: 'none', mark: null });
  });

  it('keeps secrets that are there and makes the missing ones', async () => {
    const world = await localWorld({ name: 'secrets' });
    try {
      const before = (await secretOf(world, 'app')).reveal();
      await rm(join(layoutOf(world.cluster.directory).secrets, 'rest'));
      await world.provider.ensurePlace(world.cluster);
      expect((await secretOf(world, 'app')).reveal()).toBe(before);
      expect((await secretOf(world, 'rest')).reveal()).toMatch(/^[\w-]{32}$/);
    } finally {
      await world.remove();
    }
  });
});

describe('provider local: the host', () => {
  it('finds what a cluster needs, with versions', async () => {
    const home = await scratchHome();
    const report = await localProvider({ home: home.path }).checkHost(null);
    expect(report.problems).toEqual([]);
    expect(report.found).toMatchObject({
      patroni: expect.stringMatching(/^\d+\.\d+/),
      etcd: expect.stringMatching(/^3\.\d+/),
      pgbouncer: expect.stringMatching(/^1\.\d+/),
    });
    expect(report.pg_majors.length).toBeGreaterThan(0);
    await home.remove();
  });

  it('says which major is missing and how to get it', async () => {
    const report = await localProvider({ home: '/nonexistent' }).checkHost(99);
    expect(report.problems).toEqual([
      { what: 'PostgreSQL 99: not found', kind: 'binary', hint: expect.stringContaining('Debian: postgresql') },
    ]);
  });
});

async function consoleOf(world: World) {
  const { service } = serviceOf(world.cluster, 'pooler-1');
  return connectConsole({
    host: service.host,
    port: service.port,
    user: 'pgdba',
    password: await secretOf(world, 'console'),
    application_name: 'pgdba-test',
    connectTimeoutMs: 5_000,
  });
}
