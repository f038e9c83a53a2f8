// How long writes stand still in a planned switchover: pgdba through its pooler against patronictl with clients on a
// multi-host DSN, in turns on one cluster, at rest and under dirty buffers.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { serverFolder } from './server-account.mjs';
import { judge, median, series, table } from './statistics.mjs';
import { lost, prepareTable, Writers } from './writers.mjs';

export const title = 'Switching over';

const pgdba = fileURLToPath(new URL('../bin/pgdba', import.meta.url));
const name = 'bench';
const targetOfPeer = 1.1;
const targetOfDirty = 1.15;

export async function measure({ rounds = 10, say }) {
  const home = mkdtempSync(join(tmpdir(), 'pgdba-bench-'));
  try {
    call(home, 'cluster', 'init', '--provider', 'local', '--name', name);
    const bench = new Bench(home);
    await prepareTable(() => bench.primary('app', 'app'));
    const clean = await bench.pairs(rounds, 'clean', say);
    await bench.makeDirty(say);
    const dirty = await bench.pairs(rounds, 'dirty', say);
    await bench.endDirty();
    return report({ clean, dirty }, rounds);
  } finally {
    call(home, 'cluster', 'destroy', '--name', name, '--confirm');
    rmSync(home, { recursive: true, force: true });
  }
}

class Bench {
  #home;
  #entry;
  #loading = false;
  #load;

  constructor(home) {
    this.#home = home;
    this.#entry = JSON.parse(readFileSync(join(home, 'clusters.json'), 'utf8')).clusters[name];
  }

  async pairs(rounds, label, say) {
    const runs = { pgdba: [], patronictl: [] };
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? ['pgdba', 'patronictl'] : ['patronictl', 'pgdba'];
      for (const side of order) {
        const result = await this.#round(side);
        runs[side].push(result);
        const { gap, failed, missing } = result;
        say(`${label} ${round + 1}: ${side} ${Math.round(gap)} ms, ${failed} failed, ${missing} lost`);
      }
    }
    return runs;
  }

  async #round(side) {
    const leader = await this.#untilHealthy();
    const { members, services } = this.#entry;
    const candidate = members.find((member) => member.name !== leader).name;
    const pooler = services.find(({ kind }) => kind === 'pgbouncer');
    const login = { user: 'app', password: this.#secret('app'), database: 'app' };
    await prepareTable(() => this.primary('app', 'app'));
    const writers = new Writers({ ...login, addresses: side === 'pgdba' ? [pooler] : members });
    await writers.running();
    await delay(500); // a steady stretch of writes before the gap, for both sides alike
    if (side === 'pgdba')
      await this.#run(process.execPath, [pgdba, 'switchover', '--name', name, '--candidate', candidate, '--yes']);
    else
      await this.#run('patronictl', [
        '-c',
        this.#ctlConfig(),
        'switchover',
        name,
        '--leader',
        leader,
        '--candidate',
        candidate,
        '--force',
      ]);
    await delay(500);
    const { gap, failed, failures, ids } = await writers.stop();
    const missing = await lost(() => this.primary('app', 'app'), ids);
    return { gap, failed, failures, missing };
  }

  /** Dirty buffers that no checkpoint writes by itself: a large cache, an hour between checkpoints, pgbench. */
  async makeDirty(say) {
    say('filling the cache with dirty buffers');
    const parameters = { shared_buffers: '512MB', checkpoint_timeout: '1h', max_wal_size: '16GB' };
    await this.#patch({ postgresql: { parameters } });
    spawnSync('patronictl', ['-c', this.#ctlConfig(), 'restart', name, '--force'], { stdio: 'ignore' });
    const primary = await this.#member(await this.#untilHealthy());
    this.#pgbench(primary, ['-i', '-q', '-s', '30']);
    this.#loading = true;
    const keepDirty = async () => {
      while (this.#loading) {
        const member = await this.#leader().then(
          (leader) => this.#member(leader),
          () => null,
        );
        if (member) await this.#pgbenchFor(member, 2);
        else await delay(100);
      }
    };
    this.#load = keepDirty();
    await delay(5000);
  }

  async endDirty() {
    this.#loading = false;
    await this.#load;
  }

  async primary(user, database) {
    const { host, port } = await this.#member(await this.#leader());
    const secret = user === 'app' ? 'app' : 'superuser';
    const client = new pg.Client({ host, port, user, password: this.#secret(secret), database });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Two standbys stream, by SQL on the leader; answers the leader. */
  async #untilHealthy() {
    for (let turn = 0; turn < 1200; turn += 1) {
      const leader = await this.#leader().catch(() => null);
      const count = leader && (await this.#streaming().catch(() => 0));
      if (count === 2) return leader;
      await delay(100);
    }
    throw new Error('the cluster did not become healthy within two minutes');
  }

  async #streaming() {
    const client = await this.primary('postgres', 'postgres');
    try {
      const { rows } = await client.query(
        "select count(*)::int as n from pg_stat_replication where state = 'streaming'",
      );
      return rows[0].n;
    } finally {
      await client.end();
    }
  }

  async #leader() {
    for (const { host, rest_port, name: member } of this.#entry.members) {
      const answer = await fetch(`http://${host}:${rest_port}/primary`).catch(() => null);
      if (answer?.status === 200) return member;
    }
    throw new Error('no leader');
  }

  async #member(leader) {
    return this.#entry.members.find((member) => member.name === leader);
  }

  async #patch(body) {
    const { host, rest_port } = await this.#member(await this.#leader());
    const authorization = `Basic ${Buffer.from(`pgdba:${this.#secret('rest')}`).toString('base64')}`;
    const answer = await fetch(`http://${host}:${rest_port}/config`, {
      method: 'PATCH',
      headers: { authorization },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`PATCH /config: ${answer.status}`);
    await delay(12_000); // one loop_wait: every member has read it
  }

  #pgbench({ host, port }, args) {
    const { status, stderr } = spawnSync(
      `${serverFolder()}/pgbench`,
      ['-h', host, '-p', String(port), '-U', 'app', ...args, 'app'],
      { env: this.#clientEnvironment(), encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`pgbench: ${stderr}`);
  }

  async #pgbenchFor({ host, port }, seconds) {
    const args = [
      '-h',
      host,
      '-p',
      String(port),
      '-U',
      'app',
      '-n',
      '-c',
      '2',
      '-R',
      '300',
      '-T',
      String(seconds),
      'app',
    ];
    const child = spawn(`${serverFolder()}/pgbench`, args, { env: this.#clientEnvironment(), stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
  }

  #clientEnvironment() {
    return { PATH: process.env.PATH, PGPASSFILE: join(this.#entry.directory, 'client', 'pgpass') };
  }

  #ctlConfig() {
    const etcd = this.#entry.services.find(({ kind }) => kind === 'etcd');
    const file = join(this.#home, 'patronictl.yml');
    const restapi = { authentication: { username: 'pgdba', password: this.#secret('rest') } };
    const content = { scope: name, etcd3: { hosts: [`${etcd.host}:${etcd.port}`] }, ctl: restapi, restapi };
    writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
    return file;
  }

  #secret(which) {
    return readFileSync(join(this.#entry.directory, 'secrets', which), 'utf8').trim();
  }

  async #run(program, args) {
    const child = spawn(program, args, {
      env: { ...process.env, PGDBA_HOME: this.#home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    const status = await new Promise((resolve) => child.once('exit', resolve));
    if (status !== 0) throw new Error(`${program} ended with ${status}:\n${output}`);
  }
}

function report({ clean, dirty }, rounds) {
  const gaps = (results) => results.map(({ gap }) => gap);
  const sum = (results, key) => results.reduce((total, result) => total + result[key], 0);
  const row = (label, results, verdict) => [
    label,
    Math.round(median(gaps(results))),
    Math.round(Math.max(...gaps(results))),
    sum(results, 'failed'),
    sum(results, 'missing'),
    ...verdict,
  ];
  const none = ['', '', ''];
  const peer = judge(median(gaps(clean.pgdba)) / median(gaps(clean.patronictl)), targetOfPeer);
  const dirtyPeer = judge(median(gaps(dirty.pgdba)) / median(gaps(dirty.patronictl)), targetOfPeer);
  const load = judge(median(gaps(dirty.pgdba)) / median(gaps(clean.pgdba)), targetOfDirty);
  const rows = [
    ['', 'median gap ms', 'longest', 'failed transactions', 'acknowledged rows lost', 'ratio', 'target', ''],
    row('patronictl, clean', clean.patronictl, none),
    row('pgdba, clean', clean.pgdba, peer.words),
    row('patronictl, dirty', dirty.patronictl, none),
    row('pgdba, dirty', dirty.pgdba, dirtyPeer.words),
    ['pgdba, dirty against clean', '', '', '', '', ...load.words],
  ];
  const faultless =
    sum([...clean.pgdba, ...dirty.pgdba], 'failed') + sum([...clean.pgdba, ...dirty.pgdba], 'missing') === 0;
  const note = `n = ${rounds} pairs each, in turns. Four clients, an insert every 2 ms, acknowledged ids recorded; the gap is the longest time in
which nobody was acknowledged anything. pgdba's clients go through PgBouncer; patronictl's have a DSN with three hosts and
find the primary by themselves. Dirty: shared_buffers 512 MB, checkpoint_timeout 1 h, pgbench at 300 transactions/s.`;
  const raw = {
    'patronictl clean': gaps(clean.patronictl),
    'pgdba clean': gaps(clean.pgdba),
    'patronictl dirty': gaps(dirty.patronictl),
    'pgdba dirty': gaps(dirty.pgdba),
  };
  const met = peer.met && load.met && faultless;
  return { met, text: [note, table(rows), `Milliseconds:\n\n${series(raw)}`].join('\n\n') };
}

function call(home, ...args) {
  const { status, stderr } = spawnSync(process.execPath, [pgdba, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PGDBA_HOME: home },
  });
  if (status !== 0) throw new Error(`pgdba ${args.join(' ')} ended with ${status}:\n${stderr}`);
}
