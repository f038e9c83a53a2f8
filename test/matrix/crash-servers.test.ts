import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTracedPgdba, type TracedPgdba } from '../harness/build-traced-pgdba.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { seeded, testSeed } from '../harness/seeded.ts';
import { countCalls, type KillPoint, killAt } from '../harness/strace.ts';
import { destroyCluster, makeCluster, type ServerCase, ServerWorld, serverCases, traced } from './server-points.ts';

const everything = process.env['PGDBA_TEST_LONG'] === '1';
const random = seeded(testSeed);

describe(`the crash matrix on real servers (seed ${testSeed})`, () => {
  let program: TracedPgdba;
  let home: ScratchHome;
  let standing: ServerWorld;
  beforeAll(async () => {
    [program, home] = await Promise.all([buildTracedPgdba(), scratchHome()]);
    standing = new ServerWorld(home.path);
  });
  afterAll(async () => {
    await destroyCluster(standing);
    await home.remove();
    program.remove();
  });

  // One cluster for all: made by an init that is killed, moved, stopped, started.
  const few = serverCases.filter(({ records }) => !everything && records > 0);
  it.each(few)('$title, killed at a few places and resumed, does what it does undisturbed', async (one) => {
    const count = one.title === 'switchover' ? 3 : 1;
    await tryAll(one, someOf(one, count), 'chosen by chance', () => standing);
  });

  const all = serverCases.filter(() => everything);
  it.each(all)('$title, killed anywhere and resumed, does what it does undisturbed', async (one) => {
    if (!one.fresh && !(await standing.exists())) await makeCluster(standing);
    const points = await inWorld(one, async (world) => {
      const begun = await one.begin(world);
      const found = await countCalls(traced(program.launcher, world, one.argv), ['write', 'fdatasync']);
      await one.check(world, begun);
      return found;
    });
    await tryAll(one, points, 'all of them', null);
  });

  async function tryAll(
    one: ServerCase,
    points: readonly KillPoint[],
    which: string,
    where: (() => ServerWorld) | null,
  ): Promise<void> {
    const failures: string[] = [];
    for (const point of points) {
      const tried = where ? tryPoint(one, point, where()) : inWorld(one, (world) => tryPoint(one, point, world));
      await tried.catch((thrown: unknown) =>
        failures.push(`${one.title} killed before its ${point.call} number ${point.nth}: ${String(thrown)}`),
      );
    }
    const passed = points.length - failures.length;
    console.log(`crash matrix, ${one.title}: ${points.length} points (${which}, seed ${testSeed}), ${passed} passed`);
    expect(failures).toEqual([]);
  }

  async function tryPoint(one: ServerCase, point: KillPoint, world: ServerWorld): Promise<void> {
    const begun = await one.begin(world);
    await killAt(traced(program.launcher, world, one.argv), point);
    await world.finish(one.argv);
    await one.check(world, begun);
    const verified = await world.cli('runs', 'verify', 'last');
    expect(verified.exit, verified.stderr).toBe(0);
  }

  /** The cluster that stands, or none at all. */
  async function inWorld<T>({ fresh }: ServerCase, use: (world: ServerWorld) => Promise<T>): Promise<T> {
    if (!fresh) return use(standing);
    const own = await scratchHome();
    const world = new ServerWorld(own.path);
    try {
      return await use(world);
    } finally {
      await destroyCluster(world);
      await own.remove();
    }
  }
});

function someOf({ records }: ServerCase, count: number): KillPoint[] {
  return Array.from({ length: count }, () => ({
    call: random() < 0.5 ? 'write' : 'fdatasync',
    nth: 1 + Math.floor(random() * records),
  }));
}
