import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { exitOfError } from '../../src/output/exit-code.ts';
import { backdateLease } from '../harness/backdate-lease.ts';
import { buildCrashProgram, type CrashProgram } from '../harness/build-crash-program.ts';
import { failureOf } from '../harness/failure-of.ts';
import { MatrixWorld, openMatrixLab } from '../harness/matrix-lab.ts';

const task = (id: string, uses = 'work@1') => `{ id: ${id}, uses: ${uses}, with: { in: "WORLD", name: ${id} } }`;
const body = `tasks:\n  - ${task('a')}\n  - ${task('bell', 'event@1')}\n  - ${task('b')}\n`;
const child = 'tasks: []\n';
const races = 20;

let program: CrashProgram;
let world: MatrixWorld;
beforeAll(async () => {
  program = await buildCrashProgram('matrix-program');
});
afterAll(() => program.remove());
beforeEach(async () => {
  world = await MatrixWorld.make(child);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await world.remove();
});

/** A run whose process is dead since it rang the bell. */
async function crashed(): Promise<string> {
  world.lab.put('bell.done.dies');
  await world.runApart(program.file, body);
  const [run] = await world.lab.parts.store.list({ limit: 1 });
  return run?.id ?? '';
}

async function expectWhole(run: string): Promise<void> {
  expect(world.present(['a', 'bell', 'b'])).toEqual(['a', 'bell', 'b']);
  expect(world.lab.read('bell').trim().split('\n')).toHaveLength(1);
  expect(await world.lab.parts.store.summary(run)).toMatchObject({ status: 'succeeded' });
  expect(await world.lab.parts.store.verify(run)).toMatchObject({ torn_bytes: 0 });
  expect(world.leases()).toEqual([]);
}

describe('two resumes at once', () => {
  it(`of one run: one of them goes on with it, the other is refused; ${races} races`, async () => {
    const outcomes: Record<string, number> = {};
    for (let race = 0; race < races; race++) {
      const run = await crashed();
      const both = await Promise.all([1, 2].map(() => world.runApart(program.file, body, run)));
      expect(both).toContain('succeeded');
      for (const outcome of both) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      await expectWhole(run);
      await world.remove();
      world = await MatrixWorld.make(child);
    }
    console.log(`two resumes at once: ${races} races, ${JSON.stringify(outcomes)}`);
    expect(outcomes['succeeded']).toBe(races);
    const refusals = Object.keys(outcomes).filter((outcome) => outcome !== 'succeeded');
    expect(refusals.filter((code) => !['LEASE_BUSY', 'RUN_ALIVE', 'RUN_ENDED'].includes(code))).toEqual([]);
  });
});

describe('a driver that sleeps', () => {
  const asleep = async () => {
    world.hold('b.apply');
    const { child, said } = world.startApart(program.file, body);
    await world.reached('b.apply');
    child.kill('SIGSTOP');
    const [run] = await world.lab.parts.store.list({ limit: 1 });
    const wake = async () => {
      world.letGo('b.apply');
      child.kill('SIGCONT');
      return said;
    };
    return { run: run?.id ?? '', wake };
  };

  it('keeps its run: a resume is refused, and it finishes when it wakes up', async () => {
    const { run, wake } = await asleep();
    const refusal = await failureOf(world.lab.resume(run));
    expect(exitOfError(refusal.toData())).toBe(4);
    expect(await wake()).toBe('succeeded');
    await expectWhole(run);
  });

  it('keeps its journal even when its lease may be taken: two must not write it', async () => {
    const { run, wake } = await asleep();
    backdateLease(join(world.path, 'leases', 'demo', 'topology'));
    expect(await failureOf(world.lab.resume(run))).toMatchObject({ code: 'RUN_ALIVE' });
    expect(['succeeded', 'interrupted']).toContain(await wake());
    await world.lab.resume(run).catch(() => undefined);
    await expectWhole(run);
  });
});

describe('a clock that jumps back an hour', () => {
  it('between the crash and the resume does no harm', async () => {
    const run = await crashed();
    const real = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000);
    const lab = openMatrixLab(world.path, child);
    expect(await lab.resume(run)).toMatchObject({ status: 'succeeded' });
    const times = (await lab.records(run)).map(({ ts }) => Date.parse(ts));
    expect(Math.max(...times) - (times.at(-1) ?? 0)).toBeGreaterThan(3_000_000);
    await expectWhole(run);
  });
});

describe('a journal of a newer pgdba', () => {
  it('is not gone on with, nor undone, and nothing of it is lost', async () => {
    const run = await crashed();
    const file = join(world.path, 'runs', run, 'journal.jsonl');
    const last = (await world.lab.records(run)).at(-1);
    const line = `{"v":2,"seq":${(last?.seq ?? 0) + 1},"ts":"${last?.ts}","run":"${run}","type":"run.dreamt","data":{},"prev":"${last?.hash}"`;
    const hash = createHash('sha256').update(`${last?.hash}${line}`).digest('hex');
    appendFileSync(file, `${line},"hash":"${hash}"}\n`);
    const before = world.lab.deeds();
    for (const go of ['resume', 'rollback', 'cancel'] as const) {
      const refusal = await failureOf(world.lab[go](run));
      expect({ code: refusal.code, exit: exitOfError(refusal.toData()) }).toEqual({
        code: 'JOURNAL_TOO_NEW',
        exit: 74,
      });
    }
    expect(world.lab.deeds()).toEqual(before);
    expect(world.leases()).toEqual([]);
  });
});

describe('a home that cannot be written', () => {
  it.runIf(process.getuid?.() === 0)('is said, before anything is done; the run is resumed when it can', async () => {
    const run = await crashed();
    const before = world.lab.deeds();
    // Root may write everywhere; nobody else may write here.
    expect(await world.runAsNobody(program, body, run)).toBe('HOME_UNUSABLE');
    expect(await world.runAsNobody(program, body)).toBe('HOME_UNUSABLE');
    expect(world.lab.deeds()).toEqual(before);
    expect(await world.lab.resume(run)).toMatchObject({ status: 'succeeded' });
    await expectWhole(run);
  });
});
