import { afterAll, describe, expect, it } from 'vitest';
import type { Prompt } from '../../src/engine/report.ts';
import type { RunStatus } from '../../src/journal/record.ts';
import { MatrixWorld } from '../harness/matrix-lab.ts';

const task = (id: string, more = '', uses = 'work@1') =>
  `{ id: ${id}, uses: ${uses}, with: { in: "WORLD", name: ${id} }${more} }`;

/** Every kind of place where a cancel can meet a run. */
const body = (onCancel: string) => `on_cancel: ${onCancel}
prechecks:
  - ${task('ready', '', 'see@1')}
tasks:
  - ${task('a')}
  - ${task('f', ', cancel: forbidden')}
  - ${task('b', ', retry: { max: 2, backoff: "60s..60s" }')}
  - parallel:
      id: both
      branches:
        - [${task('left')}]
        - [${task('right')}]
  - { id: part, uses: "playbook:./part.yaml" }
  - { id: held, uses: pause@1, with: { in: "WORLD" } }
  - ${task('under')}
  - { id: freed, uses: resume@1, with: { in: "WORLD" }, releases: held }
  - ${task('last')}
finally:
  - ${task('tidy')}
`;
const child = `tasks:\n  - ${task('one')}\n  - ${task('two')}\n`;
const made = ['a', 'f', 'b', 'left', 'right', 'one', 'two', 'under', 'last'];

/** Where the run is held when it is told to stop; `world`: what brings it there. */
interface Moment {
  readonly places: readonly string[];
  readonly world?: readonly string[];
  /** The task at hand is not stopped: it ends first. */
  readonly ends?: string;
}
const moments: Readonly<Record<string, Moment>> = {
  'before its first intent': { places: ['ready.check'] },
  'during check': { places: ['b.check'] },
  'during apply': { places: ['b.apply'] },
  'during verify': { places: ['b.verify'] },
  'in a task that forbids it': { places: ['f.apply'], ends: 'f' },
  'in the pause before a retry': { places: [], world: ['b.apply.fails'] },
  'in a parallel block': { places: ['left.apply', 'right.apply'] },
  'inside a child run': { places: ['two.apply'] },
  'during a hold': { places: ['under.apply'] },
  'during rollback': { places: ['f.undo'], world: ['last.lost'] },
  'during finally': { places: ['tidy.apply'] },
};

interface Way {
  readonly how: 'leave' | 'rollback' | null;
  readonly onCancel: 'leave' | 'rollback';
  readonly answer: boolean | null;
  /** What it comes to when the run has changed something, and when it has not. */
  readonly acted: RunStatus;
  readonly before: RunStatus;
}
const ways: Readonly<Record<string, Way>> = {
  'to leave it': { how: 'leave', onCancel: 'rollback', answer: null, acted: 'interrupted', before: 'interrupted' },
  'to undo it': { how: 'rollback', onCancel: 'leave', answer: null, acted: 'rolled-back', before: 'cancelled' },
  'as on_cancel: leave says': {
    how: null,
    onCancel: 'leave',
    answer: null,
    acted: 'interrupted',
    before: 'interrupted',
  },
  'as on_cancel: rollback says': {
    how: null,
    onCancel: 'rollback',
    answer: null,
    acted: 'rolled-back',
    before: 'cancelled',
  },
  'by somebody who says yes': {
    how: null,
    onCancel: 'leave',
    answer: true,
    acted: 'rolled-back',
    before: 'interrupted',
  },
  'by somebody who says no': {
    how: null,
    onCancel: 'leave',
    answer: false,
    acted: 'interrupted',
    before: 'interrupted',
  },
};

const points = Object.keys(ways).flatMap((way) => Object.keys(moments).map((moment) => ({ way, moment })));

describe('the cancel matrix of the engine', () => {
  let passed = 0;
  afterAll(() => console.log(`cancel matrix (engine): ${points.length} points, ${passed} passed`));

  it.each(points)(
    'cancelled $moment $way',
    async ({ way, moment }) => {
      const world = await MatrixWorld.make(child);
      try {
        await checkPoint(world, ways[way] as Way, moments[moment] as Moment, moment);
        passed += 1;
      } finally {
        await world.remove();
      }
    },
    20_000,
  );
});

async function checkPoint(world: MatrixWorld, way: Way, at: Moment, moment: string): Promise<void> {
  const { lab } = world;
  const asker = new Asker(way.answer);
  const cancel = new AbortController();
  const reason = { by: way.answer === null ? 'SIGTERM' : 'SIGINT', how: way.how, why: null };
  for (const name of at.world ?? []) lab.put(name);
  for (const place of at.places) world.hold(place);
  let retries = false;
  const running = world.run(body(way.onCancel), {
    signal: cancel.signal,
    prompt: way.answer === null ? null : asker,
    onNote: (note) => {
      retries ||= note.startsWith('tried again in');
      if (retries && at.places.length === 0) cancel.abort(reason);
    },
  });
  for (const place of at.places) await world.reached(place);
  if (at.places.length > 0) cancel.abort(reason);
  const undoing = moment === 'during rollback';
  // It comes to the same place once more, and must then get through.
  if (moment === 'during finally') world.letGo('tidy.apply');
  if (undoing && way.how === 'rollback') world.letGo('f.undo');
  if (at.ends) world.letGo(`${at.ends}.apply`);
  const report = await running;
  const nothingYet = moment === 'before its first intent';

  // Told to stop while it undoes, it is left in the middle of that, unless it is told to undo.
  const whileUndoing = way.how === 'rollback' ? 'rolled-back' : 'interrupted';
  const status = undoing ? whileUndoing : nothingYet ? way.before : way.acted;
  expect(report.status).toBe(status);
  expect(asker.asked).toBe(way.answer === null || undoing || nothingYet ? 0 : 1);
  const trail = await lab.trail(report.id);
  if (at.ends) expect(trail).toContain(`task.result ${at.ends}`);
  expect(trail.some((line) => line === 'run.cancel')).toBe(!nothingYet || status === 'cancelled');
  await checkNothingRuns(world, report.id ?? '');

  if (status === 'rolled-back') {
    expect(world.present(made)).toEqual([]);
    expect(lab.exists('tidy')).toBe(true);
  }
  if (status === 'cancelled') expect(lab.deeds()).toEqual([]);
  if (status !== 'interrupted') return;

  for (const place of at.places) world.letGo(place);
  if (moment === 'in the pause before a retry') lab.remove('b.apply.fails');
  const resumed = await lab.resume(report.id ?? '');
  expect(resumed).toMatchObject({ status: undoing ? 'rolled-back' : 'succeeded', error: undoing ? {} : null });
  expect(world.present(made)).toEqual(undoing ? [] : made);
  expect(lab.exists('tidy')).toBe(true);
  await checkNothingRuns(world, report.id ?? '');
}

async function checkNothingRuns(world: MatrixWorld, run: string): Promise<void> {
  expect(world.lab.exists('paused')).toBe(false);
  expect(world.leases()).toEqual([]);
  expect(await world.programs()).toEqual([]);
  expect(await world.lab.parts.store.verify(run)).toMatchObject({ torn_bytes: 0 });
}

/** Somebody at a terminal. */
class Asker implements Prompt {
  asked = 0;
  readonly #answer: boolean | null;

  constructor(answer: boolean | null) {
    this.#answer = answer;
  }

  async yesNo(): Promise<boolean> {
    this.asked += 1;
    return this.#answer ?? false;
  }

  async typed(): Promise<boolean> {
    return false;
  }
}
