import { join } from 'node:path';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCrashProgram, type CrashProgram } from '../harness/build-crash-program.ts';
import { CrashWorld } from '../harness/crash-lab.ts';
import { type CrashVariant, crashVariants } from '../harness/crash-playbook.ts';
import { sample, seeded, testSeed } from '../harness/seeded.ts';
import { countCalls, type KillPoint, killAt, type TracedProgram } from '../harness/strace.ts';

const everything = process.env['PGDBA_TEST_LONG'] === '1';
/** How many points a short run tries of the later variants; the first is tried everywhere. */
const fewer = { records: 24, files: 6, double: 20 };
const atOnce = 3;

let program: CrashProgram;
beforeAll(async () => {
  program = await buildCrashProgram('crash-program');
});
afterAll(() => program.remove());

interface Point {
  readonly name: string;
  try(): Promise<void>;
}

interface Golden {
  readonly status: string;
  readonly world: Record<string, string>;
}

describe(`the crash matrix (seed ${testSeed})`, () => {
  const random = seeded(testSeed);

  it.each(crashVariants)(
    'killed anywhere and resumed, a run ends as if nothing had happened: $name',
    async (variant) => {
      const { golden, records, files } = await undisturbed(variant);
      const whole = everything || variant === crashVariants[0];
      const chosen = whole ? records : sample(records, fewer.records, random);
      const creation = whole ? files : sample(files, fewer.files, random);
      await report(variant, `of ${records.length + files.length} points`, [
        ...chosen.map((point) => ({ name: nameOf(point), try: () => crashOnce(variant, golden, point, 'journal') })),
        ...creation.map((point) => ({ name: nameOf(point), try: () => crashOnce(variant, golden, point, 'anything') })),
      ]);
    },
  );

  const twice = crashVariants.filter((_, at) => everything || at === 1);
  it.each(twice)('killed, resumed and killed again, it still does: $name', async (variant) => {
    const { golden, records } = await undisturbed(variant);
    const first = sample(records, everything ? 80 : fewer.double, random);
    const points = first.map((point): [KillPoint, KillPoint] => [
      point,
      { call: random() < 0.5 ? 'write' : 'fdatasync', nth: 1 + Math.floor(random() * 25) },
    ]);
    const named = points.map((pair) => ({
      name: pair.map(nameOf).join(', then '),
      try: () => crashTwice(variant, golden, pair),
    }));
    await report(variant, 'double crashes', named);
  });
});

/** How the run ends when nobody kills it, and all points where it can be killed. */
async function undisturbed(variant: CrashVariant) {
  const world = await CrashWorld.make(variant);
  try {
    const records = await countCalls(traced(world, variant, 'journal'), ['write', 'fdatasync']);
    const report = await world.finish();
    const golden: Golden = { status: report.status, world: world.endState() };
    expect(golden.status).toBe(variant.ends);
    expect(await world.leftovers()).toEqual([]);
    const other = await CrashWorld.make(variant);
    const files = await countCalls(traced(other, variant, 'anything'), ['fsync']);
    await other.remove();
    return { golden, records, files };
  } finally {
    await world.remove();
  }
}

async function crashOnce(
  variant: CrashVariant,
  golden: Golden,
  point: KillPoint,
  where: 'journal' | 'anything',
): Promise<void> {
  const world = await CrashWorld.make(variant);
  try {
    await killAt(traced(world, variant, where), point);
    await expectGolden(world, golden);
  } finally {
    await world.remove();
  }
}

async function crashTwice(
  variant: CrashVariant,
  golden: Golden,
  [first, second]: readonly [KillPoint, KillPoint],
): Promise<void> {
  const world = await CrashWorld.make(variant);
  try {
    const begun = traced(world, variant, 'journal');
    await killAt(begun, first);
    const [run] = await world.lab.parts.store.list({ limit: 1, children: false });
    // Killed before its first record, or after its last, there is nothing to resume.
    const last = run && (await world.lab.records(run.id)).at(-1);
    if (run && last && last.type !== 'run.ended') {
      const env = { ...begun.env, FIXED_ULIDS: begun.env['FIXED_ULIDS']?.split(',').at(-1) };
      await killAt({ ...begun, env, argv: [...begun.argv, run.id] }, second);
    }
    await expectGolden(world, golden);
  } finally {
    await world.remove();
  }
}

async function expectGolden(world: CrashWorld, golden: Golden): Promise<void> {
  const { status, error } = await world.finish();
  const found = { status, world: world.endState(), left: await world.leftovers() };
  const wanted = { ...golden, left: [] };
  // Of several points at once only the message is seen: it says all.
  const trail = (await world.trails()).join('\n');
  expect(found, `${JSON.stringify({ found, wanted, error }, null, 1)}\n${trail}`).toEqual(wanted);
}

function nameOf({ call, nth }: KillPoint): string {
  return `killed before its ${call} number ${nth}`;
}

function traced(world: CrashWorld, variant: CrashVariant, where: 'journal' | 'anything'): TracedProgram {
  const ids = [ulid(), ulid(), ulid()];
  const journals = ids.map((id) => join(world.home.path, 'runs', id, 'journal.jsonl'));
  return {
    argv: [process.execPath, program.file, world.home.path, variant.name],
    env: { PATH: process.env['PATH'], FIXED_ULIDS: ids.join(',') },
    files: where === 'journal' ? journals : [],
  };
}

/** Several points at a time; every failure is named with its point. */
async function report(variant: CrashVariant, of: string, points: readonly Point[]): Promise<void> {
  const failures: string[] = [];
  const left = [...points];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { name } = next;
      await next.try().catch((thrown: unknown) => failures.push(`${name}: ${String(thrown)}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  console.log(
    `crash matrix, ${variant.name}: ${points.length} points (${of}, seed ${testSeed}), ` +
      `${points.length - failures.length} passed`,
  );
  expect(failures).toEqual([]);
}
