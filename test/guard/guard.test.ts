import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { guardRecords, livingGuard, startGuard } from '../../src/engine/guard-process.ts';
import type { GuardBrief } from '../../src/formats/guard-talk.ts';
import { formatPoolerTarget } from '../../src/formats/pooler-target.ts';
import { guardHold } from '../../src/guard/guard-hold.ts';
import { listen } from '../../src/guard/pulse.ts';
import { Redactor } from '../../src/secrets/redactor.ts';
import { processesWith } from '../harness/processes.ts';
import { until } from '../harness/until.ts';
import { guardIn, type HeldWorld, type Holder, heldWorld, startHolder, untilGuardIsGone } from './held-world.ts';
import { buildPrograms, type Programs } from './programs.ts';

let held: HeldWorld;
let programs: Programs;
const started: { holder: Holder; brief: GuardBrief }[] = [];

beforeAll(async () => {
  [held, programs] = await Promise.all([heldWorld(), buildPrograms()]);
}, 180_000);

afterEach(async () => {
  for (const { holder, brief } of started.splice(0)) {
    holder.kill();
    const guard = guardIn(brief);
    if (guard) process.kill(guard.pid, 'SIGKILL');
    await untilGuardIsGone(brief);
  }
  await held.restore();
});

afterAll(async () => {
  await programs?.remove();
  await held?.world.remove();
});

/** A hold as a step would have it: guard ready, poolers paused (leading to the standby), hold reached. */
async function hold(over: Partial<GuardBrief> = {}) {
  const { holder, brief } = await ready(over);
  for (const pooler of held.poolers) await held.mislead(pooler);
  holder.tell('reached');
  expect(await holder.hear()).toBe('reached');
  return { holder, brief };
}

async function ready(over: Partial<GuardBrief> = {}) {
  const brief = await held.brief(over);
  const holder = startHolder(programs, brief);
  started.push({ holder, brief });
  expect(await holder.hear()).toBe('ready');
  return { holder, brief };
}

const first = () => held.poolers[0] as HeldWorld['poolers'][number];
const second = () => held.poolers[1] as HeldWorld['poolers'][number];
const names = () => held.poolers.map(({ name }) => name);

describe('the guard, when pgdba is killed', () => {
  it('lets clients write to the primary again within a second', async () => {
    const { holder, brief } = await hold();
    const writes = held.poolers.map((pooler) => held.write(pooler));
    const at = performance.now();
    holder.kill();
    expect(await Promise.all(writes)).toEqual([held.primary.port, held.primary.port]);
    expect(performance.now() - at).toBeLessThan(1_000);
    for (const pooler of held.poolers) expect(await held.target(pooler)).toBe(formatPoolerTarget(held.primary));
    await untilGuardIsGone(brief);
    expect(await guardRecords(brief.directory)).toMatchObject([
      { type: 'started', run: brief.run, task: 'pause', data: { poolers: names(), within_ms: 10_000 } },
      { type: 'reached' },
      { type: 'released', data: { why: 'pipe', pointed_at: held.primary.name, poolers: names(), problems: [] } },
    ]);
  });

  it('does so in twenty rounds of twenty', async () => {
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const { holder, brief } = await hold();
      const write = held.write(first());
      await until('the client to wait', () => held.console(first(), waiting));
      const at = performance.now();
      holder.kill();
      expect(await write).toBe(held.primary.port);
      times.push(performance.now() - at);
      await untilGuardIsGone(brief);
    }
    expect(Math.max(...times)).toBeLessThan(1_000);
  });

  it('leaves the target file as the pooler’s account can read it, and nobody else', async () => {
    const { holder, brief } = await hold();
    holder.kill();
    await untilGuardIsGone(brief);
    for (const { target } of brief.poolers) {
      const { uid, gid, mode } = await stat(target.path);
      expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: target.uid, gid: target.gid, mode: 0o600 });
    }
  });

  it('does no harm to a pooler that is not paused', async () => {
    const { holder, brief } = await ready();
    holder.kill();
    await untilGuardIsGone(brief);
    expect(await held.write(first())).toBe(held.primary.port);
    const [, released] = await guardRecords(brief.directory);
    expect(released).toMatchObject({ type: 'released', data: { why: 'pipe', problems: [] } });
  });

  it('ends a PAUSE that was still waiting for a transaction', async () => {
    const client = await held.client(first());
    await client.query('begin');
    const { holder, brief } = await ready();
    const console_ = await held.openConsole(first());
    const pause = console_.command('PAUSE').catch(() => undefined);
    await until('the pause', () => held.paused(first()));
    holder.kill();
    await untilGuardIsGone(brief);
    expect(await held.paused(first())).toBe(false);
    await console_.close();
    await pause;
    await client.query('rollback');
    await client.close();
  });

  it('resumes as it stands when no member accepts writes in time', async () => {
    const { members } = await held.brief();
    const standbys = members.filter(({ name }) => name === held.standby.name);
    const { holder, brief } = await hold({ within_ms: 500, members: standbys });
    const at = performance.now();
    holder.kill();
    await until('the resume', async () => !(await held.paused(first())));
    expect(performance.now() - at).toBeGreaterThanOrEqual(500);
    await untilGuardIsGone(brief);
    expect(await held.target(first())).toBe(formatPoolerTarget(held.standby));
    const [, , released] = await guardRecords(brief.directory);
    expect(released).toMatchObject({ type: 'released', data: { pointed_at: null, poolers: names() } });
  });

  it('resumes as it stands when the primary hangs', async () => {
    const { holder, brief } = await hold({ within_ms: 700 });
    const frozen = await freeze(held.primary.name);
    try {
      holder.kill();
      await until('the resume', async () => !(await held.paused(first())));
    } finally {
      frozen.thaw();
    }
    await untilGuardIsGone(brief);
    const [, , released] = await guardRecords(brief.directory);
    expect(released).toMatchObject({ type: 'released', data: { pointed_at: null, why: 'pipe' } });
  });

  it('does not let a frozen pooler keep the others waiting, and releases it when it thaws', async () => {
    const { holder, brief } = await hold();
    const frozen = await freeze(first().name);
    try {
      const write = held.write(second());
      const at = performance.now();
      holder.kill();
      expect(await write).toBe(held.primary.port);
      expect(performance.now() - at).toBeLessThan(1_000);
      await until('the first release', async () => (await guardRecords(brief.directory)).length === 3);
    } finally {
      frozen.thaw();
    }
    expect(await held.write(first())).toBe(held.primary.port);
    await untilGuardIsGone(brief);
    const releases = (await guardRecords(brief.directory)).slice(2);
    expect(releases).toMatchObject([{ data: { poolers: [second().name] } }, { data: { poolers: [first().name] } }]);
  });
});

describe('the guard, while pgdba lives', () => {
  it('ends at once when pgdba is done, and touches nothing', async () => {
    const { holder, brief } = await hold();
    holder.tell('done');
    expect(await holder.hear()).toBe('done');
    expect(guardIn(brief)).toBeNull();
    expect(await held.paused(first())).toBe(true);
    expect(await held.target(first())).toBe(formatPoolerTarget(held.standby));
    expect((await guardRecords(brief.directory)).map(({ type }) => type)).toEqual(['started', 'reached']);
  });

  it('releases a hold that lasts too long, tells so, and is then done', async () => {
    const { holder, brief } = await hold({ within_ms: 300 });
    const answer = await holder.hear();
    expect(answer).toMatch(/^released /);
    expect(JSON.parse(answer.slice('released '.length))).toEqual({
      at: expect.stringMatching(/Z$/),
      pointed_at: held.primary.name,
      why: 'deadline',
    });
    expect(await held.write(second())).toBe(held.primary.port);
    await untilGuardIsGone(brief);
    holder.tell('done');
    expect(await holder.hear()).toBe('done');
  });

  it('counts the deadline from when the hold was reached', async () => {
    const { brief } = await hold({ within_ms: 400 });
    await untilGuardIsGone(brief);
    const [, reached, released] = await guardRecords(brief.directory);
    expect(Date.parse(released?.ts ?? '') - Date.parse(reached?.ts ?? '')).toBeGreaterThanOrEqual(399);
  });

  it('releases before it obeys SIGTERM, and ignores what is meant for a terminal', async () => {
    const { holder, brief } = await hold();
    const pid = guardIn(brief)?.pid ?? 0;
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGUSR1'] as const) process.kill(pid, signal);
    process.kill(pid, 'SIGTERM');
    expect(await holder.hear()).toContain('"why":"signal"');
    expect(await held.write(first())).toBe(held.primary.port);
    await untilGuardIsGone(brief);
  });

  it('lets a run have one guard at a time, and go on in the same file with the next', async () => {
    const { holder, brief } = await ready();
    const rival = startHolder(programs, brief);
    started.push({ holder: rival, brief });
    expect(await rival.hear()).toMatch(/^failed .*another guard of run/);
    holder.tell('done');
    expect(await holder.hear()).toBe('done');
    const next = startHolder(programs, brief);
    started.push({ holder: next, brief });
    expect(await next.hear()).toBe('ready');
    expect((await guardRecords(brief.directory)).map(({ seq }) => seq)).toEqual([1, 2]);
  });
});

describe('the guard, when something is wrong with itself', () => {
  it('releases the hold and says what it was', async () => {
    const brief = await held.brief();
    const pipe = new PassThrough();
    const pulse = listen(pipe);
    const said: string[] = [];
    const life = guardHold(pulse, (line) => void said.push(line));
    pipe.write(`${JSON.stringify(brief)}\n`);
    await until('ready', () => said.includes('ready\n'));
    for (const pooler of held.poolers) await held.mislead(pooler);
    pipe.write('reached\n');
    pulse.end('failure', 'a defect');
    expect(await life).toBe(0);
    expect(said[1]).toContain('"why":"failure"');
    expect(await held.write(first())).toBe(held.primary.port);
    const records = await guardRecords(brief.directory);
    expect(records.at(-1)).toMatchObject({ type: 'released', data: { why: 'failure', problems: ['a defect'] } });
    expect(guardIn(brief)).toBeNull();
  });

  it('resumes a pooler whose target it cannot write', async () => {
    const { holder, brief } = await hold();
    const folders = brief.poolers.map(({ target }) => dirname(target.path));
    for (const folder of folders) await rename(folder, `${folder}.away`);
    try {
      holder.kill();
      await untilGuardIsGone(brief);
    } finally {
      for (const folder of folders) await rename(`${folder}.away`, folder);
    }
    expect(await held.paused(first())).toBe(false);
    const problem = expect.stringMatching(/^pooler-\d: its target was not replaced: ENOENT/);
    const records = await guardRecords(brief.directory);
    expect(records.at(-1)).toMatchObject({ type: 'released', data: { pointed_at: null } });
    expect(records.at(-1)?.data).toHaveProperty('problems', expect.arrayContaining([problem]));
  });
});

describe('pgdba, with a guard of its own', () => {
  it('hears of a release in time, and may say that it is done afterwards', async () => {
    const brief = await held.brief({ within_ms: 300 });
    const guard = await startGuard(brief, { redactor: new Redactor(), program: programs.guard });
    expect(await livingGuard(brief.directory)).toMatchObject({ pid: guardIn(brief)?.pid });
    for (const pooler of held.poolers) await held.mislead(pooler);
    guard.reached();
    expect(await guard.released).toMatchObject({ pointed_at: held.primary.name, why: 'deadline' });
    await guard.done();
    await guard.done();
    expect(await livingGuard(brief.directory)).toBeNull();
  });
});

describe('the guard’s secrets', () => {
  it('are in no argument, no variable and no file of it', async () => {
    const { holder, brief } = await hold({ within_ms: 300 });
    const passwords = [...brief.poolers, ...brief.members].map(({ password }) => password);
    for (const password of passwords) expect(processesWith(password)).toEqual([]);
    await holder.hear();
    await untilGuardIsGone(brief);
    const text = await readFile(join(brief.directory, 'guard.jsonl'), 'utf8');
    for (const password of passwords) expect(text).not.toContain(password);
    expect((await stat(join(brief.directory, 'guard.jsonl'))).mode & 0o777).toBe(0o600);
  });

  it('are not in why it did not start', async () => {
    const { poolers } = await held.brief();
    const brief = await held.brief({ poolers: poolers.map((pooler) => ({ ...pooler, password: 'not-the-password' })) });
    const holder = startHolder(programs, brief);
    started.push({ holder, brief });
    const answer = await holder.hear();
    expect(answer).toMatch(/^failed .*GUARD_FAILED.*did not accept user pgdba/);
    expect(answer).not.toContain('not-the-password');
  });
});

async function waiting(console_: { pools(): Promise<readonly Record<string, unknown>[]> }): Promise<boolean> {
  return (await console_.pools()).some((pool) => Number(pool['cl_waiting']) > 0);
}

/** Stops every process of a server without its knowing. */
async function freeze(server: string): Promise<{ thaw(): void }> {
  const { servers } = await held.world.provider.inspect(held.world.cluster);
  const pids = withDescendants(servers.find(({ name }) => name === server)?.pids ?? []);
  expect(pids).not.toEqual([]);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return {
    thaw() {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    },
  };
}

/** PostgreSQL's backends are nobody's but their postmaster's. */
function withDescendants(roots: readonly number[]): number[] {
  const found = new Set(roots);
  const parents = readdirSync('/proc').flatMap((name) => {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    return parent === undefined ? [] : [[Number(name), parent] as const];
  });
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
