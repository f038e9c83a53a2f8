import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitOfError, exitOfRun } from '../../src/output/exit-code.ts';
import { buildCrashProgram, type CrashProgram } from '../harness/build-crash-program.ts';
import { failureOf } from '../harness/failure-of.ts';
import { MatrixWorld } from '../harness/matrix-lab.ts';

const where = (name: string) => `with: { in: "WORLD", name: ${name} }`;
const task = (id: string, uses = 'work@1') => `{ id: ${id}, uses: ${uses}, ${where(id)} }`;

/** Every place where a task can stand, in the order in which they begin. */
const body = `tasks:
  - ${task('first')}
  - { id: each, for_each: { in: '["x", "y", "z"]', as: w, key: w }, uses: work@1, with: { in: "WORLD", name: "\${{ w }}" } }
  - parallel:
      id: both
      max_parallel: 1
      branches:
        - [${task('left')}]
        - [${task('right')}, ${task('far')}]
  - { id: part, uses: "playbook:./part.yaml" }
  - ${task('bell', 'event@1')}
  - ${task('last')}
finally:
  - ${task('tidy')}
`;
const child = `tasks:\n  - ${task('one')}\n  - ${task('two')}\n`;
const order = ['first', 'x', 'y', 'z', 'left', 'right', 'far', 'one', 'two', 'bell', 'last'];

const positions = {
  'the first task': 'first',
  'a loop item': 'y',
  'a task in a branch': 'right',
  'a task of a child run': 'two',
  'an event': 'bell',
  'the last task': 'last',
} as const;
/** How a task fails, and what the file is called that makes it. */
const failures = { 'before apply': 'check.fails', 'in apply': 'apply.fails', 'after apply': 'lost' } as const;
const undoings = ['ok', 'fails', 'dies', 'kept'] as const;

interface Point {
  readonly position: keyof typeof positions;
  readonly failure: keyof typeof failures;
  readonly undoing: (typeof undoings)[number];
}

const points: Point[] = (Object.keys(positions) as Point['position'][]).flatMap((position) =>
  (Object.keys(failures) as Point['failure'][]).flatMap((failure) =>
    undoings.map((undoing) => ({ position, failure, undoing })),
  ),
);

describe('the rollback matrix', () => {
  let program: CrashProgram;
  let passed = 0;
  beforeAll(async () => {
    program = await buildCrashProgram('matrix-program');
  });
  afterAll(() => {
    console.log(`rollback matrix: ${points.length} points, ${passed} passed`);
    program.remove();
  });

  it.each(points)('$position fails $failure, undoing: $undoing', async (point) => {
    const world = await MatrixWorld.make(child);
    try {
      await checkPoint(world, point, program.file);
      passed += 1;
    } finally {
      await world.remove();
    }
  });
});

async function checkPoint(world: MatrixWorld, { position, failure, undoing }: Point, program: string): Promise<void> {
  const { lab } = world;
  const failing = positions[position];
  lab.put(`${failing}.${failures[failure]}`);
  const begun = order.slice(0, order.indexOf(failing) + (failure === 'before apply' ? 0 : 1));
  const backwards = [...begun].reverse();
  // The second to be undone, so that something comes before it and, nearly always, after it.
  const hard = backwards[1] ?? backwards[0];
  if (hard && undoing !== 'ok') lab.put(`${hard}.undo.${undoing}`);

  if (begun.length === 0) return checkRefused(world);
  if (undoing === 'dies') {
    await world.runApart(program, body);
    const [run] = await lab.parts.store.list({ limit: 1, children: false });
    expect(run?.status).toBe('interrupted');
    expect(world.deeds('undo')).toEqual(upTo(backwards, hard));
    expect(await lab.resume(run?.id ?? '')).toMatchObject({ status: 'rolled-back' });
    expect(world.deeds('undo')).toEqual([...upTo(backwards, hard), ...from(backwards, hard)]);
    return checkUndone(world, run?.id ?? '', []);
  }

  const report = await world.run(body);
  const id = report.id ?? '';
  const wanted = { ok: 'rolled-back', fails: 'rollback-failed', kept: 'partly-rolled-back' } as const;
  const exits = { ok: 5, fails: 6, kept: 6 };
  expect({ status: report.status, exit: exitOfRun(report.status, report.error) }).toEqual({
    status: wanted[undoing],
    exit: exits[undoing],
  });
  expect(report.error?.error ?? '').not.toBe('');
  if (undoing === 'ok') {
    expect(world.deeds('undo')).toEqual(backwards);
    return checkUndone(world, id, []);
  }
  if (undoing === 'kept') {
    expect(world.deeds('undo')).toEqual(backwards);
    // What was never made cannot be kept, whatever its step says.
    return checkUndone(world, id, hard && !(hard === failing && failure === 'in apply') ? [hard] : []);
  }
  await checkHalted(world, id, backwards, hard ?? '');
}

/** Nothing was begun: there is nothing to undo, nor to go on with. */
async function checkRefused(world: MatrixWorld): Promise<void> {
  const report = await world.run(body);
  expect({ status: report.status, exit: exitOfRun(report.status, report.error) }).toEqual({
    status: 'refused',
    exit: 3,
  });
  expect(world.deeds('undo')).toEqual([]);
  expect(world.present([...order, 'tidy'])).toEqual([]);
  expect(world.leases()).toEqual([]);
  expect((await failureOf(world.lab.resume(report.id ?? ''))).code).toBe('RUN_ENDED');
}

/** Only what was kept is still there; the run is over and the cluster is free. */
async function checkUndone(world: MatrixWorld, run: string, kept: readonly string[]): Promise<void> {
  const { lab } = world;
  expect(world.present(order)).toEqual(kept);
  expect(lab.exists('tidy')).toBe(true);
  expect(world.leases()).toEqual([]);
  expect(await failureOf(lab.resume(run))).toMatchObject({ code: 'RUN_ENDED' });
  const partly = (await lab.parts.store.summary(run))?.status === 'partly-rolled-back';
  if (partly) expect(await lab.rollback(run)).toMatchObject({ status: 'partly-rolled-back' });
  else expect(await failureOf(lab.rollback(run))).toMatchObject({ code: 'RUN_ENDED' });
  expect(await lab.parts.store.verify(run)).toMatchObject({ torn_bytes: 0 });
}

/** The rollback stopped at what could not be undone: the cluster is locked, until it is tried again and succeeds. */
async function checkHalted(world: MatrixWorld, run: string, backwards: readonly string[], hard: string): Promise<void> {
  const { lab } = world;
  expect(world.deeds('undo')).toEqual(upTo(backwards, hard));
  expect(world.leases()).toEqual(['quarantined']);
  const refusal = await failureOf(world.run(`tasks:\n  - ${task('other')}\n`));
  expect({ code: refusal.code, exit: exitOfError(refusal.toData()) }).toEqual({ code: 'LEASE_QUARANTINED', exit: 4 });
  expect(refusal.facts).toMatchObject({ run });
  expect(await failureOf(lab.resume(run))).toMatchObject({ code: 'RUN_ENDED' });

  // Tried again while nothing has changed it says the same.
  expect(await lab.rollback(run)).toMatchObject({ status: 'rollback-failed' });
  expect(world.leases()).toEqual(['quarantined']);
  lab.remove(`${hard}.undo.fails`);
  expect(await lab.rollback(run)).toMatchObject({ status: 'rolled-back' });
  expect(world.deeds('undo')).toEqual([...upTo(backwards, hard), hard, ...from(backwards, hard)]);
  await checkUndone(world, run, []);
}

function upTo(names: readonly string[], name: string | undefined): string[] {
  return names.slice(0, names.indexOf(name ?? '') + 1);
}

function from(names: readonly string[], name: string | undefined): string[] {
  return names.slice(names.indexOf(name ?? ''));
}
