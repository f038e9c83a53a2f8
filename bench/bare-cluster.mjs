// A cluster started by hand from the configuration files of a stopped one: what a script without pgdba would do.
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findTool } from '../scripts/system-tools.mjs';
import { startServer } from './server-account.mjs';

const lookEveryMs = 50;
const patienceMs = 120_000;
const stopMs = 60_000;
/** Changes nothing, but is not empty: Patroni refuses an empty one and would not wake. */
const wakeUp = JSON.stringify({ pgdba_bench: null });

export class BareCluster {
  #running = [];

  /** `entry`: the cluster as the inventory has it. */
  constructor(entry) {
    this.members = entry.members;
    this.etcd = entry.services.find(({ kind }) => kind === 'etcd');
    this.pooler = entry.services.find(({ kind }) => kind === 'pgbouncer');
    this.directory = entry.directory;
    this.passwords = {
      superuser: this.#secret('superuser'),
      rest: this.#secret('rest'),
    };
  }

  /** Removes the data of every member and of etcd; configuration stays. */
  empty() {
    for (const { name } of this.members)
      rmSync(join(this.directory, 'members', name, 'data'), { recursive: true, force: true });
    const data = join(this.directory, 'services', this.etcd.name, 'data');
    const { uid, gid } = statSync(join(data, '..'));
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, uid, gid);
  }

  async startAllAtOnce() {
    await this.#startEtcd();
    this.#startPooler();
    for (const { name } of this.members) this.#startMember(name);
  }

  async startInOrder() {
    await this.#startEtcd();
    this.#startPooler();
    const [first, ...others] = this.members;
    this.#startMember(first.name);
    await until('a leader', () => this.#statusOf(first, '/leader').then((status) => status === 200));
    for (const { name } of others) this.#startMember(name);
    await until('all to have joined', async () => (await this.#joined(first)) === this.members.length);
    const headers = {
      authorization: `Basic ${btoa(`pgdba:${this.passwords.rest}`)}`,
      'content-type': 'application/json',
    };
    const { ok, status } = await fetch(`${restOf(first)}/config`, { method: 'PATCH', headers, body: wakeUp });
    if (!ok) throw new Error(`Patroni answered ${status} to PATCH /config`);
  }

  /** Until the primary has a streaming sender for every standby, and every standby says that it receives. */
  async untilStreaming() {
    await until('the standbys to stream', async () => {
      const answers = await Promise.all(this.members.map((member) => this.#ask(member)));
      const standbys = answers.filter((answer) => answer?.standby && answer.receives);
      const primary = answers.find((answer) => answer?.standby === false);
      return standbys.length === this.members.length - 1 && primary?.senders >= standbys.length;
    });
  }

  /** SIGTERM in the order a person would: members, then the services. */
  async stop() {
    const members = this.#running.filter(({ member }) => member);
    const services = this.#running.filter(({ member }) => !member);
    for (const group of [members, services]) await Promise.all(group.map(({ child }) => end(child)));
    this.#running = [];
  }

  async #startEtcd() {
    const config = this.#service(this.etcd, 'etcd.yml');
    this.#start([findTool('etcd'), `--config-file=${config}`], this.#service(this.etcd));
    const health = `http://${this.etcd.host}:${this.etcd.port}/health`;
    await until('etcd', () =>
      fetch(health)
        .then(({ ok }) => ok)
        .catch(() => false),
    );
  }

  #startPooler() {
    this.#start([findTool('pgbouncer'), this.#service(this.pooler, 'pgbouncer.ini')], this.#service(this.pooler));
  }

  #startMember(name) {
    const directory = join(this.directory, 'members', name);
    this.#start([findTool('patroni'), join(directory, 'patroni.yml')], directory, true);
  }

  #start(argv, directory, member = false) {
    this.#running.push({ member, child: startServer(argv, { cwd: directory, log: join(directory, 'server.log') }) });
  }

  #statusOf(member, path) {
    return fetch(`${restOf(member)}${path}`).then(
      ({ status }) => status,
      () => 0,
    );
  }

  async #joined(member) {
    const { members } = await fetch(`${restOf(member)}/cluster`).then((answer) => answer.json());
    return members.length;
  }

  /** What a member says about itself; undefined while it does not answer. */
  async #ask({ host, port }) {
    const password = this.passwords.superuser;
    const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres', password });
    client.on('error', () => undefined); // a member that restarts; the next look tells
    try {
      await client.connect();
      const { rows } = await client.query(`
        select pg_is_in_recovery() as standby,
               (select count(*)::int from pg_stat_replication
                 where state = 'streaming' and application_name <> 'pg_basebackup') as senders,
               exists (select from pg_stat_wal_receiver where status = 'streaming') as receives`);
      return rows[0];
    } catch {
      return undefined;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  #service({ name }, file = '') {
    return join(this.directory, 'services', name, file);
  }

  #secret(name) {
    return readFileSync(join(this.directory, 'secrets', name), 'utf8').trim();
  }
}

function restOf({ host, rest_port: port }) {
  return `http://${host}:${port}`;
}

async function until(what, holds) {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
    await sleep(lookEveryMs);
  }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(stopMs) });
  child.kill('SIGTERM');
  await ended;
}
