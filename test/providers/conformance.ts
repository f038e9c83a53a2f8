import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capabilityNames, requireCapability } from '../../src/providers/capability.ts';
import type { ServerState } from '../../src/providers/provider.ts';
import { eventually } from '../harness/eventually.ts';
import { connectTo, startAll, type World } from '../harness/world.ts';

/**
 * What every provider promises. `prepare` answers a fresh world with one member, one etcd and one pooler; `more` adds
 * tests of the provider's own to the same cluster. Every test starts what it needs, so that their order does not matter.
 */
export function providerConformance(
  name: string,
  prepare: () => Promise<World>,
  more?: (world: () => World) => void,
): void {
  describe(`provider ${name}`, () => {
    let made: World | undefined;
    const world = () => {
      if (!made) throw new Error('the world was not made');
      return made;
    };
    const { signal } = new AbortController();

    beforeAll(async () => {
      made = await prepare();
      await startAll(made);
    });
    afterAll(() => made?.remove());

    const stateOf = async (server: string): Promise<ServerState> => {
      const { servers } = await world().provider.inspect(world().cluster);
      const found = servers.find((candidate) => candidate.name === server);
      if (!found) throw new Error(`inspect does not know ${server}`);
      return found;
    };
    const names = () => [...world().cluster.members, ...world().cluster.services].map((server) => server.name);
    const member = () => names()[0] ?? '';
    const exec = (argv: string[], options = {}) =>
      world().provider.exec(world().cluster, member(), argv, { as: 'server', signal, timeoutMs: 20_000, ...options });

    it('makes every server, and inspect sees it run', async () => {
      await startAll(world());
      for (const server of names()) {
        expect(await stateOf(server)).toMatchObject({ name: server, present: true, made: true, running: true });
        expect(await world().provider.diskUsage(world().cluster, server)).toBeGreaterThan(0);
      }
      expect((await world().provider.inspect(world().cluster)).place).toMatchObject({
        state: 'marked',
        mark: world().cluster.id,
      });
    });

    it('changes nothing when asked for the same again', async () => {
      await startAll(world());
      await eventually(async () => (await stateOf(member())).postgres_running === true);
      const before = await Promise.all(names().map(stateOf));
      const secrets = await world().provider.ensurePlace(world().cluster);
      await startAll(world());
      const after = await Promise.all(names().map(stateOf));
      expect(secrets).toEqual(world().cluster.secrets);
      for (const [index, { name: server, pids }] of before.entries()) {
        // the oldest process is the server itself; PostgreSQL's others come and go
        expect(after[index]?.pids[0], server).toBe(pids[0]);
      }
    });

    it('runs a command as the server account, its words untouched by any shell', async () => {
      const user = await exec(['id', '-u']);
      expect(user).toMatchObject({ exit: 0, stderr: '' });
      expect(user.stdout.trim()).not.toBe('0');
      const words = ['$HOME', '; exit 3', "it's", '*', ''];
      expect((await exec(['printf', '%s|', ...words])).stdout).toBe(`${words.join('|')}|`);
      expect((await exec(['cat'], { stdin: 'over stdin' })).stdout).toBe('over stdin');
      expect((await exec(['psql', '--version'])).stdout).toContain(String(world().cluster.pg_major));
    });

    it('tells how a command ended', async () => {
      expect(await exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
        exit: 3,
        stdout: 'out\n',
        stderr: 'err\n',
      });
      expect((await exec(['no-such-program-anywhere'])).exit).toBe(127);
    });

    it('gives a command nothing of the caller’s environment', async () => {
      process.env.PGDBA_TEST_CANARY = 'canary';
      try {
        expect((await exec(['env'])).stdout).not.toContain('canary');
      } finally {
        delete process.env.PGDBA_TEST_CANARY;
      }
    });

    it('cuts long output and says so', async () => {
      const { stdout } = await exec(['seq', '1', '100000'], { maxOutput: 100 });
      expect(stdout).toMatch(/^1\n2\n/);
      expect(stdout).toMatch(/\[cut: \d+ more bytes\]$/);
    });

    it('ends a command, with its children, when its time is over', async () => {
      const started = performance.now();
      const late = exec(['sh', '-c', 'sleep 300 & echo $!; wait'], { timeoutMs: 300 });
      await expect(late).rejects.toMatchObject({ code: 'COMMAND_TIMEOUT' });
      expect(performance.now() - started).toBeLessThan(10_000);
      await eventually(async () => (await exec(['pgrep', '-fx', 'sleep 300'])).exit !== 0);
    });

    it('ends a command when it is aborted', async () => {
      const controller = new AbortController();
      const running = exec(['sleep', '300'], { signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(running).rejects.toThrow('enough');
    });

    it('writes a file with its mode and reads it back', async () => {
      const { provider, cluster } = world();
      await provider.writeFile(cluster, member(), 'note.txt', 'one\ntwo\n', { mode: 0o640 });
      await provider.writeFile(cluster, member(), 'note.txt', 'three\n', { mode: 0o600 });
      expect(await provider.readFile(cluster, member(), 'note.txt')).toBe('three\n');
      expect((await exec(['stat', '-c', '%a %u', 'note.txt'])).stdout).toBe(`600 ${(await exec(['id', '-u'])).stdout}`);
      await expect(provider.readFile(cluster, member(), 'nowhere.txt')).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
      });
    });

    it('never writes outside of the cluster, not through a link either', async () => {
      const { provider, cluster } = world();
      const write = (path: string) => provider.writeFile(cluster, member(), path, 'x', { mode: 0o600 });
      await exec(['ln', '-sfn', '/tmp', 'way-out']);
      await expect(write('/tmp/pgdba-test-outside')).rejects.toMatchObject({ code: 'CLUSTER_NOT_OURS' });
      await expect(write('way-out/pgdba-test-outside')).rejects.toMatchObject({ code: 'CLUSTER_NOT_OURS' });
      await exec(['rm', 'way-out']);
    });

    it('shows the last lines of every log, oldest first', async () => {
      const { provider, cluster } = world();
      await startAll(world());
      await eventually(() => acceptsWrites(world()), 90_000);
      for (const server of names()) expect(await provider.logs(cluster, server, 3)).not.toEqual([]);
      const stamps = (await provider.logs(cluster, member(), 200)).map((line) => line.slice(0, 23).replace(',', '.'));
      const dated = stamps.filter((stamp) => /^\d{4}-/.test(stamp));
      expect(dated.length).toBeGreaterThan(5);
      expect(dated).toEqual([...dated].sort());
    });

    it('measures the host', async () => {
      const facts = await world().provider.facts(world().cluster, member());
      expect(facts.memory_bytes).toBeGreaterThan(100_000_000);
      expect(facts.cpus).toBeGreaterThan(0);
      expect(facts.disk_free_bytes).toBeGreaterThan(0);
    });

    it('answers an address under which a server is reached', async () => {
      const { provider, cluster } = world();
      await startAll(world());
      for (const service of cluster.services) {
        const { host, port } = await provider.reach(cluster, service.name, service);
        await expect(accepts(host, port)).resolves.toBe(true);
      }
    });

    it('offers ports nobody listens on', async () => {
      const ports = await world().provider.freePorts(5);
      expect(new Set(ports).size).toBe(5);
      for (const port of ports) await expect(accepts('127.0.0.1', port)).resolves.toBe(false);
    });

    it('kills every process of a server and starts it again', async () => {
      const { provider, cluster } = world();
      await startAll(world());
      await eventually(async () => (await stateOf(member())).postgres_running === true);
      for (const server of names().reverse()) {
        await provider.kill(cluster, server);
        expect(await stateOf(server)).toMatchObject({ made: true, running: false, pids: [] });
        await provider.kill(cluster, server);
        await provider.start(cluster, server, signal);
        expect(await stateOf(server)).toMatchObject({ running: true });
        await provider.start(cluster, server, signal);
      }
    });

    it('stops a server cleanly, twice if asked', async () => {
      const { provider, cluster } = world();
      await startAll(world());
      await eventually(() => acceptsWrites(world()), 90_000);
      await provider.stop(cluster, member(), signal);
      await provider.stop(cluster, member(), signal);
      expect(await stateOf(member())).toMatchObject({ made: true, running: false, postgres_running: false, pids: [] });
      expect(await provider.controlData(cluster, member())).toMatchObject({
        state: 'shut down',
        system_identifier: expect.stringMatching(/^\d{15,}$/),
        timeline: expect.any(Number),
        checkpoint_lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      });
    });

    it('does not take a port that another program holds', async () => {
      const { provider, cluster } = world();
      const pooler = cluster.services.find(({ kind }) => kind === 'pgbouncer');
      if (!pooler) throw new Error('this world has no pooler');
      await provider.stop(cluster, pooler.name, signal);
      const squatter = await listen(pooler.port);
      try {
        const refused = provider.start(cluster, pooler.name, signal);
        await expect(refused).rejects.toMatchObject({
          code: 'PORT_TAKEN',
          facts: { port: pooler.port, server: pooler.name, pid: process.pid },
        });
      } finally {
        await squatter.close();
      }
      await provider.start(cluster, pooler.name, signal);
    });

    it('says which server it does not know', async () => {
      const { provider, cluster } = world();
      await expect(provider.start(cluster, 'nobody', signal)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
      await expect(provider.ensureMember(cluster, 'nobody', signal)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
      await expect(provider.ensureService(cluster, 'nobody', signal)).rejects.toMatchObject({
        code: 'SERVICE_UNKNOWN',
      });
    });

    it('refuses every capability it does not offer, with what to do instead', async () => {
      const { provider } = world();
      for (const capability of capabilityNames) {
        if (provider.capabilities.has(capability)) {
          expect(() => requireCapability(provider, capability)).not.toThrow();
          continue;
        }
        const refusal = catching(() => requireCapability(provider, capability));
        expect(refusal).toMatchObject({ code: 'PROVIDER_CANNOT', facts: { provider: provider.name } });
        expect(refusal).toHaveProperty('hint', expect.stringMatching(/\w{4,}/));
      }
    });

    it('does not remove a place with running servers, nor one of another cluster', async () => {
      const { provider, cluster } = world();
      await startAll(world());
      await expect(provider.removePlace(cluster)).rejects.toMatchObject({ code: 'SERVERS_RUNNING' });
      const other = { ...cluster, id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' };
      const forbidden = [
        () => provider.removePlace(other),
        () => provider.stop(other, member(), signal),
        () => provider.kill(other, member()),
        () => provider.removeMember(other, member(), signal),
        () => provider.ensureMember(other, member(), signal),
        () => provider.ensurePlace(other),
      ];
      for (const attempt of forbidden) await expect(attempt()).rejects.toMatchObject({ code: 'CLUSTER_NOT_OURS' });
      expect(await stateOf(member())).toMatchObject({ running: true });
    });

    more?.(world);

    it('leaves nothing behind', async () => {
      const own = await prepare();
      const { provider, cluster } = own;
      try {
        await startAll(own);
        const { servers } = await provider.inspect(cluster);
        const pids = servers.flatMap((server) => server.pids);
        for (const { name: server } of cluster.members) await provider.removeMember(cluster, server, signal);
        for (const { name: server } of cluster.services) await provider.removeService(cluster, server, signal);
        await provider.removePlace(cluster);
        await provider.removePlace(cluster);

        const after = await provider.inspect(cluster);
        expect(after.place.state).toBe('none');
        for (const server of after.servers)
          expect(server).toMatchObject({ present: false, made: false, running: false, pids: [] });
        expect(pids.length).toBeGreaterThan(2);
        for (const { port } of [...cluster.members, ...cluster.services])
          expect(await accepts('127.0.0.1', port)).toBe(false);
      } finally {
        await own.remove();
      }
    });
  });
}

/** By its own word; what pg_control says survives a kill and proves nothing. */
async function acceptsWrites(world: World): Promise<boolean> {
  const [member] = world.cluster.members;
  if (!member) return false;
  const connection = await connectTo(world, member);
  const { rows } = await connection.query<{ writes: boolean }>('select not pg_is_in_recovery() as writes');
  await connection.close();
  return rows[0]?.writes === true;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}

async function listen(port: number): Promise<{ close(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function catching(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
