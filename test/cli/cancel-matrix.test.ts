import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { type Call, CancelLab } from './cancel-lab.ts';
import { buildLabProgram, type LabProgram } from './lab-program.ts';

/** Where the run is when it is told to stop. */
const moments = {
  'before its first intent': 'ready.look',
  'during apply': 'b.apply',
  'during verify': 'b.verify',
  'in a task that forbids it': 'f.apply',
  'during rollback': 'f.undo',
  'during finally': 'tidy.apply',
} as const;
type Moment = keyof typeof moments;

/**
 * What becomes of the run. `left`: interrupted, and a resume brings it to its end; `later`: the same, but the task at
 * hand ends first; `undone`, `undone later`: rolled back; `ended`: cancelled, there was nothing to undo; `goes on`: as if
 * nothing had been said.
 */
type Fate = 'left' | 'later' | 'undone' | 'undone later' | 'ended' | 'goes on';

interface Way {
  readonly options?: readonly string[];
  readonly onCancel?: 'rollback';
  stop(call: Call, lab: CancelLab): Promise<void>;
  readonly fates: Readonly<Record<Moment, Fate>>;
}

const fates = (text: string): Way['fates'] => {
  const words = text.split(',').map((word) => word.trim() as Fate);
  const names = Object.keys(moments) as Moment[];
  return Object.fromEntries(names.map((moment, at) => [moment, words[at]])) as Way['fates'];
};
const signal = (name: NodeJS.Signals) => async (call: Call) => {
  call.child.kill(name);
};
const twice = async (call: Call) => {
  call.child.kill('SIGINT');
  await until('the first to be heard', () => call.stderr().includes('Ctrl-C again'));
  call.child.kill('SIGINT');
};
const cancel = (how: string) => async (call: Call, lab: CancelLab) => {
  lab.start('runs', 'cancel', lab.run, how, '--reason', 'a test');
  await until('the request to be heard', () => call.stderr().includes('asks the run to stop'));
};

//                         before  apply    verify   forbidden      rollback  finally
const ways: Readonly<Record<string, Way>> = {
  SIGINT: { stop: signal('SIGINT'), fates: fates('left, left, left, later, left, left') },
  'SIGINT with on_cancel: rollback': {
    onCancel: 'rollback',
    stop: signal('SIGINT'),
    fates: fates('ended, undone, undone, undone later, left, undone later'),
  },
  'SIGINT twice': { stop: twice, fates: fates('left, left, left, left, left, left') },
  SIGTERM: { stop: signal('SIGTERM'), fates: fates('left, left, left, later, left, left') },
  SIGHUP: { stop: signal('SIGHUP'), fates: fates('left, goes on, goes on, goes on, goes on, goes on') },
  'a closed pipe': {
    options: ['--events'],
    stop: async (call) => {
      call.child.stdout.destroy();
    },
    fates: fates('later, goes on, goes on, goes on, goes on, goes on'),
  },
  'runs cancel --leave': { stop: cancel('--leave'), fates: fates('left, left, left, later, left, left') },
  'runs cancel --rollback': {
    stop: cancel('--rollback'),
    fates: fates('ended, undone, undone, undone later, undone later, undone later'),
  },
};

const points = Object.entries(ways).flatMap(([way, { fates }]) =>
  Object.entries(fates).map(([moment, fate]) => ({ way, moment: moment as Moment, fate })),
);

describe('the cancel matrix', () => {
  let program: LabProgram;
  let passed = 0;
  beforeAll(async () => {
    program = await buildLabProgram();
  });
  afterAll(() => {
    console.log(`cancel matrix: ${points.length} points, ${passed} passed`);
    program.remove();
  });

  it.each(points)('$way $moment: $fate', async ({ way, moment, fate }) => {
    const lab = new CancelLab(program.launcher);
    try {
      await checkPoint(lab, ways[way] as Way, moment, fate);
      passed += 1;
    } finally {
      await lab.remove();
    }
  });
});

async function checkPoint(lab: CancelLab, way: Way, moment: Moment, fate: Fate): Promise<void> {
  const place = moments[moment];
  const undoing = moment === 'during rollback';
  if (undoing) lab.put('b.fails');
  lab.hold(place);
  // A closed pipe shows at the next record only: the run must not get past its first look meanwhile.
  const nextPlace = way.options && moment === 'before its first intent' ? 'a.check' : null;
  if (nextPlace) lab.hold(nextPlace);
  const call = lab.start('run', lab.playbook(way.onCancel), ...(way.options ?? []));
  await lab.reached(place);

  const began = performance.now();
  await way.stop(call, lab);
  if (fate === 'later' || fate === 'undone later') {
    if (!way.options) await until('the driver to say so', () => /stopping at|asks the run/.test(call.stderr()));
    expect(call.child.exitCode).toBeNull();
  }
  if (!['left', 'undone', 'ended'].includes(fate)) lab.letGo(place);
  const exit = await call.exit;
  if (way.stop === twice) {
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(call.envelope()).toMatchObject({ code: 'INTERRUPTED', run: { status: 'interrupted' } });
  }

  const status = statusAfter(fate, undoing);
  expect({ exit, status: await lab.status() }).toEqual({ exit: exits[status], status });
  if (moment === 'before its first intent') expect(lab.deeds()).toEqual([]);
  if (fate === 'later' && moment === 'in a task that forbids it') expect(lab.trail()).toContain('task.result f');
  if (status === 'rolled-back') expect(lab.deeds().slice(-2)).toEqual(['undo a', 'apply tidy']);

  if (status === 'interrupted') {
    if (lab.has(`${place}.held`)) lab.letGo(place);
    if (nextPlace) lab.letGo(nextPlace);
    const resumed = await lab.pgdba('runs', 'resume', lab.run);
    const end = undoing ? 'rolled-back' : 'succeeded';
    expect({ exit: resumed.exit, status: resumed.envelope.run.status }).toEqual({ exit: exits[end], status: end });
  }
  expect(lab.has('a')).toBe(status !== 'rolled-back' && status !== 'cancelled' && !undoing);
  expect(await lab.store.verify(lab.run)).toMatchObject({ torn_bytes: 0 });
}

function statusAfter(fate: Fate, undoing: boolean): keyof typeof exits {
  if (fate === 'ended') return 'cancelled';
  if (fate === 'goes on') return undoing ? 'rolled-back' : 'succeeded';
  return fate.startsWith('undone') ? 'rolled-back' : 'interrupted';
}

const exits = { succeeded: 0, 'rolled-back': 5, interrupted: 130, cancelled: 130 } as const;
