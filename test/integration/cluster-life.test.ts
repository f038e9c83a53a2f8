import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliAnswer, pgdba } from '../harness/cli.ts';
import { processesWith } from '../harness/processes.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';

/** One cluster, from init to destroy, as its operator lives with it. The tests stand in the order of that life. */
describe('a cluster of three members', () => {
  let home: ScratchHome;
  let made: CliAnswer;
  const cli = (...argv: string[]) => pgdba(home.path, ...argv);
  const entry = () => JSON.parse(readFileSync(join(home.path, 'clusters.json'), 'utf8')).clusters.life;
  const secrets = () =>
    readdirSync(join(entry().directory, 'secrets')).map((name) =>
      readFileSync(join(entry().directory, 'secrets', name), 'utf8').trim(),
    );

  beforeAll(async () => {
    home = await scratchHome();
    made = await cli('run', 'playbooks/init-cluster.yaml', '--provider', 'local', '--name', 'life');
  });
  afterAll(async () => {
    await cli('cluster', 'destroy', '--name', 'life', '--confirm');
    await home.remove();
  });

  it('is made by one command, and the answer says who leads', () => {
    expect(made.stderr).not.toMatch(/error/i);
    expect(made.exit).toBe(0);
    expect(made.envelope).toMatchObject({
      success: true,
      data: { cluster_name: 'life', primary: expect.stringMatching(/^n[123]$/) },
      run: { playbook: 'init-cluster', cluster: 'life', status: 'succeeded', changed: true },
    });
  });

  it('shows its topology in the words of Patroni, and is healthy', async () => {
    const { exit, envelope } = await cli('cluster', 'status', '--name', 'life');
    expect(exit).toBe(0);
    expect(envelope.run.id).toBeNull();
    const { data } = envelope;
    expect(data).toMatchObject({ cluster_name: 'life', replica_count: 2, healthy: true, reasons: [], paused: false });
    const leader = data.members.find(({ name }: { name: string }) => name === data.primary);
    expect(leader).toMatchObject({ role: 'leader', lag: 0, timeline: 1, host: '127.0.0.1' });
    expect(data.members.filter(({ role }: { role: string }) => role === 'replica')).toHaveLength(2);
  });

  it('is left alone by a second init: changed is false and no process is another', async () => {
    const before = processesWith(entry().directory).map(({ pid }) => pid);
    const again = await cli('cluster', 'init', '--provider', 'local', '--name', 'life');
    expect(again.exit).toBe(0);
    expect(again.envelope.run).toMatchObject({ status: 'succeeded', changed: false });
    expect(processesWith(entry().directory).map(({ pid }) => pid)).toEqual(expect.arrayContaining(before));
  });

  it('is not remade with another specification; the difference is named', async () => {
    const other = await cli('cluster', 'init', '--provider', 'local', '--name', 'life', '--members', '5');
    expect(other.exit).toBe(3);
    expect(other.envelope).toMatchObject({ success: false, code: 'CLUSTER_SPEC_DIFFERS' });
    expect(other.envelope.facts.diff).toEqual(['members: 3 → 5']);
  });

  it('takes writes of role app through the pooler, with the passfile that `cluster dsn` names', async () => {
    const { envelope } = await cli('cluster', 'dsn', '--name', 'life');
    const { dsn, passfile } = envelope.data;
    expect(statSync(passfile).mode & 0o777).toBe(0o600);
    const { execFileSync } = await import('node:child_process');
    const psql = (sql: string) =>
      execFileSync('psql', ['-XAtq', '-d', dsn, '-c', sql], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, PGPASSFILE: passfile },
      });
    psql('create table t (id int); insert into t values (1)');
    expect(psql('select count(*), current_user from t').trim()).toBe('1|app');
    for (const secret of secrets()) expect(envelope.data.dsn).not.toContain(secret);
  });

  it('shows no password to `ps`, in journals, logs or on the screen', () => {
    const running = processesWith(entry().directory);
    expect(running.length).toBeGreaterThan(5);
    const written = readdirSync(join(home.path, 'runs'), { recursive: true, encoding: 'utf8' })
      .map((name) => join(home.path, 'runs', name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'utf8'));
    const logs = readdirSync(entry().directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\blog\b/.test(name))
      .map((name) => join(entry().directory, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'utf8'));
    const visible = [
      ...running.flatMap((seen) => [seen.command, seen.environment]),
      ...written,
      ...logs,
      made.stdout,
      made.stderr,
    ];
    expect(logs.length).toBeGreaterThan(3);
    for (const secret of secrets()) expect(visible.filter((text) => text.includes(secret))).toEqual([]);
  });

  it('trusts nobody: no trust line, REST and pooler on loopback, unsafe REST calls need a password', async () => {
    const [member] = entry().members;
    const hba = readFileSync(join(entry().directory, 'members', member.name, 'data', 'pg_hba.conf'), 'utf8');
    expect(hba.split('\n').filter((line) => !line.startsWith('#') && /\btrust\b/.test(line))).toEqual([]);
    const answer = await fetch(`http://127.0.0.1:${member.rest_port}/restart`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
  });

  it('is not called healthy while its pooler is frozen: applications come through it', async () => {
    const [pooler] = processesWith(join(entry().directory, 'services', 'pooler', 'pgbouncer.ini'));
    if (!pooler) throw new Error('no pooler');
    process.kill(pooler.pid, 'SIGSTOP');
    try {
      const { envelope } = await cli('cluster', 'status', '--name', 'life');
      expect(envelope.data).toMatchObject({ healthy: false, reasons: ['pooler: its console does not answer'] });
    } finally {
      process.kill(pooler.pid, 'SIGCONT');
    }
    expect((await cli('cluster', 'status', '--name', 'life')).envelope.data.healthy).toBe(true);
  });

  it('keeps a journal that can be listed, read and proved', async () => {
    const { envelope: list } = await cli('runs', 'list');
    expect(list.data.runs.at(-1)).toMatchObject({ playbook: 'init-cluster', status: 'succeeded', changed: true });
    const { id } = list.data.runs.at(-1);
    const { envelope: shown } = await cli('runs', 'show', id.slice(-8));
    expect(shown.data).toMatchObject({ id, status: 'succeeded' });
    expect(shown.data.tasks.map(({ id: task }: { id: string }) => task)).toContain('healthy');
    expect((await cli('runs', 'verify', id)).exit).toBe(0);
  });

  it('asks before it stops, and says how to agree', async () => {
    const refused = await cli('cluster', 'stop');
    expect(refused.exit).toBe(3);
    expect(refused.envelope).toMatchObject({ code: 'CONSENT_REQUIRED', hint: expect.stringContaining('--yes') });
  });

  it('stops cleanly, says so truthfully, and comes back as the same cluster', async () => {
    const stopped = await cli('cluster', 'stop', '--name', 'life', '--yes');
    expect(stopped.exit).toBe(0);
    expect(processesWith(entry().directory)).toEqual([]);
    const down = await cli('cluster', 'status', '--name', 'life');
    expect(down.envelope.data).toMatchObject({ primary: null, healthy: false, replica_count: 0 });

    const started = await cli('cluster', 'start', '--name', 'life');
    expect(started.stderr).not.toMatch(/error/i);
    expect(started.exit).toBe(0);
    const up = await cli('cluster', 'status', '--name', 'life');
    expect(up.envelope.data).toMatchObject({ healthy: true, replica_count: 2 });
  });

  it('comes back after all its processes were killed, as after a power cut', async () => {
    const identity = entry().system_identifier;
    for (const { pid } of processesWith(entry().directory)) process.kill(pid, 'SIGKILL');
    await until('all processes to be gone', () => processesWith(entry().directory).length === 0);
    const started = await cli('cluster', 'start', '--name', 'life');
    expect(started.exit).toBe(0);
    expect(started.envelope.run).toMatchObject({ status: 'succeeded', changed: true });
    expect((await cli('cluster', 'status', '--name', 'life')).envelope.data.healthy).toBe(true);
    expect(entry().system_identifier).toBe(identity);
  });

  it('is not destroyed by --yes, nor without its name', async () => {
    const yes = await cli('cluster', 'destroy', '--name', 'life', '--yes');
    expect([yes.exit, yes.envelope.code]).toEqual([3, 'CONSENT_REQUIRED']);
    const nameless = await cli('cluster', 'destroy', '--confirm');
    expect([nameless.exit, nameless.envelope.code]).toEqual([3, 'CONSENT_REQUIRED']);
    expect((await cli('cluster', 'status', '--name', 'life')).envelope.data.healthy).toBe(true);
  });

  it.each([
    ['protected', { protected: true }, 'CLUSTER_PROTECTED'],
    ['not made by pgdba', { managed: false }, 'CLUSTER_EXTERNAL'],
  ])('is not destroyed when it is %s', async (_, change, code) => {
    const file = join(home.path, 'clusters.json');
    const before = readFileSync(file, 'utf8');
    const inventory = JSON.parse(before);
    Object.assign(inventory.clusters.life, change);
    writeFileSync(file, JSON.stringify(inventory));
    const { exit, envelope } = await cli('cluster', 'destroy', '--name', 'life', '--confirm');
    writeFileSync(file, before);
    expect([exit, envelope.code]).toEqual([3, code]);
    expect(processesWith(entry().directory).length).toBeGreaterThan(5);
  });

  it('leaves nothing behind when it is destroyed: no process, no port, no directory, no entry', async () => {
    const { directory, members, services } = entry();
    const destroyed = await cli('cluster', 'destroy', '--name', 'life', '--confirm');
    expect(destroyed.stderr).not.toMatch(/error/i);
    expect(destroyed.exit).toBe(0);
    expect(existsSync(directory)).toBe(false);
    expect(processesWith(directory)).toEqual([]);
    expect((await cli('cluster', 'list')).envelope.data.clusters).toEqual([]);
    const { createServer } = await import('node:net');
    for (const port of [...members, ...services].flatMap((server) => [server.port, server.rest_port ?? server.port])) {
      await new Promise<void>((resolve, reject) => {
        const server = createServer().once('error', reject);
        server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
      });
    }
  });
});
