import { describe, expect, it } from 'vitest';
import { planText } from '../../../src/cli/plan-text.ts';
import type { PlanAnswer, PlanRequest } from '../../../src/cli/services.ts';
import type { PlannedTask } from '../../../src/engine/plan.ts';
import { textWidth } from '../../../src/output/text-width.ts';
import { pgdba } from './a-program.ts';

const row = (id: string, rest: Partial<PlannedTask> = {}): PlannedTask => ({
  id,
  item: null,
  part: 'task',
  block: null,
  branch: null,
  uses: 'ensure@1',
  is: 'change',
  summary: `make ${id}`,
  diff: null,
  with: null,
  predicted: null,
  not_tried: null,
  undo: 'yes',
  pivot: false,
  hold: false,
  held_until: null,
  retries: 0,
  overridden: null,
  ...rest,
});

const answer = (tasks: readonly PlannedTask[], rest: Partial<PlanAnswer> = {}): PlanAnswer => ({
  playbook: 'lab',
  version: '1.0.0',
  target: { name: 'demo' },
  stands: null,
  risk: 'safe',
  changes: tasks.length,
  tasks,
  probes: [],
  refusal: null,
  saved: null,
  ...rest,
});

async function check(given: PlanAnswer, ...argv: string[]) {
  const asked: PlanRequest[] = [];
  const plan = async (request: PlanRequest) => {
    asked.push(request);
    return given;
  };
  return { ...(await pgdba(argv, { services: { plan } })), asked };
}

describe('options of saved plans', () => {
  it('name files relative to where pgdba is called', async () => {
    const { asked } = await check(answer([]), 'switchover', '--check', '--out', 'p.json');
    expect(asked[0]).toMatchObject({ out: '/nonexistent/p.json', plan: null, playbook: 'switchover' });
    const { requests } = await pgdba(['switchover', '--plan', '../p.json']);
    expect(requests[0]).toMatchObject({ plan: '/p.json' });
  });

  it('let run do without the name of a playbook', async () => {
    const { requests, exit } = await pgdba(['run', '--plan=p.json', '--yes']);
    expect([exit, requests[0]]).toMatchObject([0, { playbook: null, plan: '/nonexistent/p.json' }]);
    expect((await pgdba(['run', '--yes'])).exit).toBe(2);
  });

  it.each([
    [['switchover', '--out', 'p.json'], /--out saves the plan that --check makes/],
    [['switchover', '--plan', 'p.json', '--max-lag', '1MiB'], /without --max-lag/],
    [['run', '--plan', 'p.json', '--set', 'a=b'], /without --set a/],
    [['switchover', '--plan', 'p.json', '--override', 'x', '--reason', 'y'], /without --override x/],
  ])('refuse what contradicts them: %j', async (argv, words) => {
    const { exit, stdout, requests } = await pgdba(argv);
    expect(exit).toBe(2);
    expect(JSON.parse(stdout).error).toMatch(words);
    expect(requests).toEqual([]);
  });

  it('answer with the command that carries the plan out', async () => {
    const saved = { file: '/tmp/my plan.json', hash: 'abc' };
    const { stdout } = await check(answer([], { saved }), 'switchover', '--check', '--out', 'x', '--name', 'demo');
    expect(JSON.parse(stdout).data.saved).toEqual({
      ...saved,
      next: "pgdba run --plan '/tmp/my plan.json' --name demo",
    });
  });

  it('say that nothing was saved when the run would be refused', async () => {
    const refusal = { code: 'ASSERTION_FAILED', class: 'precheck', error: 'no', facts: {}, hint: 'mend it' } as const;
    const { stdout, exit } = await check(answer([], { refusal }), 'switchover', '--check', '--out', 'x');
    expect(exit).toBe(3);
    expect(JSON.parse(stdout).hint).toBe('mend it; until then no plan is saved');
  });
});

describe('a plan as a table', () => {
  const style = { width: 100, colour: false };
  const draw = (tasks: readonly PlannedTask[], rest: Partial<PlanAnswer> = {}) => {
    const { refusal: _, saved: __, ...plan } = answer(tasks, rest);
    return planText(plan, null, style).split('\n');
  };

  it('sets child runs and branches in', () => {
    expect(
      draw([
        row('look', { part: 'precheck', is: 'ok', summary: '', undo: 'none' }),
        row('sub', { uses: 'playbook:./x.yaml', summary: 'x 1.0.0: 1 change' }),
        row('sub/fit', { part: 'precheck', is: 'ok', summary: '' }),
        row('sub/made'),
        row('a', { block: 'both', branch: 0 }),
        row('b', { block: 'both', branch: 1, item: 'x/y', is: 'skip', summary: 'not when: false' }),
        row('b[x/y]/made'),
        row('b[x/y]/c', { block: 'inner', branch: 0 }),
        row('last', { part: 'finally' }),
      ]),
    ).toEqual([
      'lab 1.0.0 on demo: 9 changes (safe)',
      '',
      'prechecks',
      '  ok            look',
      '',
      'tasks',
      '  change        sub         x 1.0.0: 1 change',
      '  ok              fit',
      '  change          made      make sub/made',
      '                both: branches at the same time',
      '  change          1 a       make a',
      '  skip            2 b[x/y]  not when: false',
      '  change            made    make b[x/y]/made',
      '                    inner: branches at the same time',
      '  change              1 c   make b[x/y]/c',
      '',
      'at the end, whatever happens',
      '  change        last        make last',
      '',
    ]);
  });

  it('puts below a task what is special about it, and the difference', () => {
    expect(
      draw([
        row('a', { hold: true, held_until: 'b', pivot: true, retries: 2, not_tried: 'a right', diff: '+ x\n- y' }),
      ]).slice(3),
    ).toEqual([
      '  change        a  make a',
      '                   holds until b',
      '                   the point of no return: nothing is undone from here on',
      '                   tried again up to 2 times',
      '                   not tried: a right',
      '                   + x',
      '                   - y',
      '',
    ]);
  });

  it('fits 100 columns, whatever it has to say, and nothing in it moves the cursor', () => {
    const long = `x${'y'.repeat(150)} ${'words and '.repeat(40)}\u001b[2J`;
    const lines = draw(
      [row(`sub[${long}]/${long}`, { summary: long, diff: long, overridden: long }), row('c', { item: long })],
      {
        probes: [{ id: long, uses: 'p@1', from: 'a', until: 'b', writes: true, must: long }],
      },
    );
    expect(lines.filter((line) => textWidth(line) > 100)).toEqual([]);
    expect(lines.join('\n')).not.toContain('\u001b');
  });
});
