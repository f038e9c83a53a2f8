import { type ChildProcessWithoutNullStreams as Child, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connectConsole, type PgBouncerConsole } from '../../src/clients/pgbouncer.ts';
import type { PostgresConnection } from '../../src/clients/postgres.ts';
import { describe } from '../../src/errors/pgdba-error.ts';
import type { GuardBrief, GuardedPooler } from '../../src/formats/guard-talk.ts';
import { quoteLiteral } from '../../src/formats/identifier.ts';
import { formatPoolerTarget } from '../../src/formats/pooler-target.ts';
import type { Member, Service } from '../../src/inventory/cluster.ts';
import { findLivingGuard, type GuardPresence } from '../../src/journal/guard-presence.ts';
import { eventually } from '../harness/eventually.ts';
import { until } from '../harness/until.ts';
import { connectTo, localWorld, secretOf, startAll, type World } from '../harness/world.ts';
import type { Programs } from './programs.ts';

/** A cluster with a primary, a standby and two poolers, and what a test does to them. */
export interface HeldWorld {
  readonly world: World;
  readonly primary: Member;
  readonly standby: Member;
  readonly poolers: readonly Service[];
  brief(over?: Partial<GuardBrief>): Promise<GuardBrief>;
  /** Leads to the standby, as if the primary had just changed, and pauses. */
  mislead(pooler: Service): Promise<void>;
  /** Resolves when a client of the pooler has written one row, to the port that took it. */
  write(pooler: Service): Promise<number>;
  /** A client's connection through the pooler. */
  client(pooler: Service): Promise<PostgresConnection>;
  openConsole(pooler: Service): Promise<PgBouncerConsole>;
  console<T>(pooler: Service, use: (console: PgBouncerConsole) => Promise<T>): Promise<T>;
  target(pooler: Service): Promise<string>;
  paused(pooler: Service): Promise<boolean>;
  /** Everything flows to the primary again. */
  restore(): Promise<void>;
}

export async function heldWorld(): Promise<HeldWorld> {
  const world = await localWorld({ members: 2, poolers: 2 });
  try {
    return await prepare(world);
  } catch (thrown) {
    await world.remove();
    throw thrown;
  }
}

async function prepare(world: World): Promise<HeldWorld> {
  const poolers = world.cluster.services.filter(({ kind }) => kind === 'pgbouncer');
  await startAll(world);
  const primary = await eventually(() => memberWhere(world, false), 90_000);
  const standby = await eventually(() => memberWhere(world, true), 90_000);
  const app = await secretOf(world, 'app');
  await asSuperuser(world, primary, async ({ query }) => {
    await query(`create role app login password ${quoteLiteral(app.reveal())}`);
    await query('create table written (port int not null)');
    await query('grant insert, select on written to app');
  });
  const targets = new Map<string, GuardedPooler['target']>();
  for (const { name } of poolers) targets.set(name, await world.provider.poolerTargetFile(world.cluster, name));
  const targetOf = (pooler: Service) => targets.get(pooler.name) as GuardedPooler['target'];
  const held: HeldWorld = {
    world,
    primary,
    standby,
    poolers,
    async brief(over = {}) {
      const console_ = (await secretOf(world, 'console')).reveal();
      const superuser = (await secretOf(world, 'superuser')).reveal();
      const directory = await mkdtemp(join(world.home, 'run-'));
      return {
        run: directory.slice(world.home.length + 1),
        task: 'pause',
        order: 'pooler-resume',
        within_ms: 10_000,
        poolers: poolers.map((pooler) => ({
          ...address(pooler),
          user: 'pgdba',
          password: console_,
          target: targetOf(pooler),
        })),
        members: [primary, standby].map((member) => ({ ...address(member), user: 'postgres', password: superuser })),
        directory,
        ...over,
      };
    },
    async mislead(pooler) {
      await writeFile(targetOf(pooler).path, formatPoolerTarget(standby));
      await held.console(pooler, async (open) => {
        await open.command('PAUSE');
        await open.reload();
      });
    },
    client: ({ port }) => connectTo(world, primary, { port, user: 'app', password: app, connectTimeoutMs: 60_000 }),
    async write(pooler) {
      const client = await held.client(pooler);
      try {
        const insert = 'insert into written select inet_server_port() returning port';
        return (await client.query<{ port: number }>(insert)).rows[0]?.port ?? 0;
      } finally {
        await client.close();
      }
    },
    async openConsole({ host, port }) {
      const password = await secretOf(world, 'console');
      return connectConsole({ host, port, user: 'pgdba', password, application_name: 'test', connectTimeoutMs: 5_000 });
    },
    async console(pooler, use) {
      const open = await held.openConsole(pooler);
      try {
        return await use(open);
      } finally {
        await open.close();
      }
    },
    target: (pooler) => readFile(targetOf(pooler).path, 'utf8'),
    async paused(pooler) {
      // PgBouncer 1.18 shows it nowhere, but refuses this command in other words when it is paused.
      const refusal = await held.console(pooler, (open) => open.command('PAUSE pgbouncer').catch(describe));
      if (!/already suspended\/paused|cannot pause admin db/.test(String(refusal))) throw new Error(String(refusal));
      return String(refusal).includes('already');
    },
    async restore() {
      for (const pooler of poolers) {
        await world.provider.pointPooler(world.cluster, pooler.name, primary);
        await held.console(pooler, async (open) => {
          await open.reload();
          if (await held.paused(pooler)) await open.command('RESUME');
        });
      }
    },
  };
  await held.restore();
  return held;
}

/** A process that holds the pipe of a guard. */
export interface Holder {
  readonly child: Child;
  /** The next line it says. */
  hear(): Promise<string>;
  tell(line: 'reached' | 'done'): void;
  kill(): void;
}

/** Starts one; its first line says `ready` or `failed {error}`. */
export function startHolder(programs: Programs, brief: unknown): Holder {
  const child = spawn(process.execPath, [programs.holder, programs.guard], { stdio: 'pipe', env: {} });
  child.stdin.on('error', () => undefined);
  child.stderr.resume();
  const lines = createInterface({ input: child.stdout });
  const heard: string[] = [];
  lines.on('line', (line) => heard.push(line));
  child.stdin.write(`${JSON.stringify(brief)}\n`);
  return {
    child,
    async hear() {
      if (heard.length === 0) await once(lines, 'line', { signal: AbortSignal.timeout(30_000) });
      return heard.shift() ?? '';
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** The guard that says in the run's directory that it lives. */
export function guardIn({ directory }: GuardBrief): GuardPresence | null {
  return findLivingGuard(directory);
}

export async function untilGuardIsGone(brief: GuardBrief, withinMs?: number): Promise<void> {
  await until('the guard to end', () => guardIn(brief) === null, withinMs);
}

function address({ name, host, port }: Member | Service) {
  return { name, host, port };
}

async function memberWhere(world: World, inRecovery: boolean): Promise<Member> {
  for (const member of world.cluster.members) {
    const answer = await asSuperuser(world, member, ({ query }) => query('select pg_is_in_recovery() as so'));
    if (answer.rows[0]?.['so'] === inRecovery) return member;
  }
  throw new Error(`no member is ${inRecovery ? 'a standby' : 'the primary'} yet`);
}

async function asSuperuser<T>(world: World, member: Member, use: (open: PostgresConnection) => Promise<T>): Promise<T> {
  const open = await connectTo(world, member);
  try {
    return await use(open);
  } finally {
    await open.close();
  }
}
