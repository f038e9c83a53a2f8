import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedTask } from '../../../src/engine/plan.ts';
import { change, defineStep, satisfied, Type, undone } from '../../../src/step/index.ts';
import { EngineLab } from '../../harness/engine-lab.ts';
import { labSteps } from '../../harness/lab-steps.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';

const common = { version: 1, since: '0.1.0', risk: 'safe', params: Type.Object({}), result: Type.Object({}) } as const;
const memo = Type.Object({});
/** A hold that is not held, and what ends it, which has nothing to do. */
const holding = {
  'grip@1': async () => ({
    default: defineStep({
      ...common,
      id: 'grip',
      summary: 'Hold.',
      effect: 'hold',
      memo,
      check: async () => change('hold them', {}),
      apply: async () => undefined,
      rollback: async () => undone,
      guardOrder: () => ({ kind: 'pooler-resume' as const, poolers: [], within_ms: 1000 }),
    }),
  }),
  'ungrip@1': async () => ({
    default: defineStep({
      ...common,
      id: 'ungrip',
      summary: 'Let go.',
      effect: 'idempotent',
      memo,
      check: async () => satisfied({}),
      apply: async () => undefined,
      rollback: async () => undone,
    }),
  }),
};

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path, { ...labSteps, ...holding });
});
afterEach(() => home.remove());

const ensure = (id: string, more = '') =>
  `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} }${more} }\n`;
const look = (id: string, more = '') => `  - { id: ${id}, uses: look@1, with: { in: "WORLD", name: ${id} }${more} }\n`;
const told = (rows: readonly PlannedTask[]) =>
  rows.map(({ id, item, is, summary }) => [item === null ? id : `${id}[${item}]`, is, summary]);

describe('what a plan does not know', () => {
  it('makes a condition unknown, and neither true nor false', async () => {
    const plan = await lab.plan(`tasks:\n${ensure('a')}${look('b')}${ensure('c', ', when: tasks.b.out.text == "x"')}
${ensure('d', ', when: tasks.b.status == "ok"')}${ensure('e', ', when: tasks.c.changed')}`);
    expect(told(plan.tasks).slice(1)).toEqual([
      ['b', 'unknown', 'looks at the world after a'],
      ['c', 'unknown', 'depends on b'],
      ['d', 'unknown', 'depends on b'],
      ['e', 'unknown', 'depends on c'],
    ]);
  });

  it('is not taken for something missing by expressions that ask whether it is there', async () => {
    const plan = await lab.plan(`tasks:
${ensure('a')}${ensure('b', ', when: has(tasks.a.out.text)')}${ensure('c', ', when: tasks.?a.?out.?text.hasValue()')}
  - { id: d, uses: ensure@1, with: { in: "WORLD", name: d, text: "\${{ tasks.a.?out.?text }}" } }
`);
    expect(plan.tasks.map(({ id, is }) => [id, is])).toEqual([
      ['a', 'change'],
      ['b', 'unknown'],
      ['c', 'unknown'],
      ['d', 'unknown'],
    ]);
  });

  it('leaves out that a change would have happened, which is known', async () => {
    lab.put('same');
    const plan = await lab.plan(`tasks:
${ensure('a')}${ensure('same')}${ensure('b', ', when: tasks.a.changed')}${ensure('c', ', when: tasks.same.changed')}`);
    expect(plan.tasks.map(({ is }) => is)).toEqual(['change', 'ok', 'change', 'skip']);
  });

  it('does not hinder an expression that needs none of it', async () => {
    const plan = await lab.plan(`inputs: { go: { type: boolean, default: true, description: Go. } }
tasks:\n${ensure('a')}${ensure('b', ', when: inputs.go || tasks.a.out.text == "x"')}`);
    expect(plan.tasks.map(({ is }) => is)).toEqual(['change', 'change']);
  });

  it('makes one row of a loop over it', async () => {
    const plan = await lab.plan(`tasks:\n${ensure('a')}${look('b')}
  - { id: each, for_each: { in: tasks.b.out.list, as: w, key: w }, uses: ensure@1, with: { in: "WORLD", name: "\${{ w }}" } }
${ensure('c', ', when: tasks.each.changed')}`);
    expect(told(plan.tasks).slice(2)).toEqual([
      ['each', 'unknown', 'depends on b'],
      ['c', 'unknown', 'depends on each'],
    ]);
  });

  it('begins with a task that may change something, though nobody knows whether it does', async () => {
    lab.put('late', 'x');
    const plan = await lab.plan(`tasks:
  - { id: ask, uses: approve@1, with: { question: Which? } }
  - { id: maybe, uses: ensure@1, with: { in: "WORLD", name: "\${{ tasks.ask.out.by }}" } }
${look('late')}`);
    expect(told(plan.tasks).slice(1)).toEqual([
      ['maybe', 'unknown', 'depends on ask'],
      ['late', 'unknown', 'looks at the world after maybe'],
    ]);
  });
});

describe('a plan of a loop', () => {
  it('says so when there is nothing to do', async () => {
    lab.put('list', '');
    const plan = await lab.plan(`tasks:\n${look('list')}
  - { id: each, for_each: { in: tasks.list.out.list, as: w, key: w, max_parallel: 4 }, uses: ensure@1, with: { in: "WORLD", name: "\${{ w }}" } }
`);
    expect(told(plan.tasks)[1]).toEqual(['each', 'ok', 'nothing to do: no items']);
  });

  it('refuses what the run would refuse: two items of one key', async () => {
    lab.put('list', 'x x');
    const plan = await lab.plan(`tasks:\n${look('list')}
  - { id: each, for_each: { in: tasks.list.out.list, as: w, key: w }, uses: ensure@1, with: { in: "WORLD", name: "\${{ w }}" } }
`);
    expect(plan.refusal?.error).toMatch(/two items have the key x/);
  });

  it('gives the results of its items to later tasks, when all of them are known', async () => {
    lab.put('list', 'x y');
    lab.put('x', '1');
    lab.put('y', '2');
    const each = (name: string) =>
      `  - { id: ${name}, for_each: { in: tasks.list.out.list, as: w, key: w }, uses: ensure@1, with: { in: "WORLD", name: "\${{ w }}" } }
  - { id: after_${name}, uses: ensure@1, with: { in: "WORLD", name: "\${{ tasks.${name}.items.y.text }}" } }\n`;
    expect(told((await lab.plan(`tasks:\n${look('list')}${each('all')}`)).tasks).at(-1)).toEqual([
      'after_all',
      'change',
      'make 2',
    ]);
    lab.remove('y');
    expect(told((await lab.plan(`tasks:\n${look('list')}${each('all')}`)).tasks).at(-1)).toEqual([
      'after_all',
      'unknown',
      'depends on all',
    ]);
  });
});

describe('a plan of a parallel block', () => {
  const branches = (...lists: string[]) =>
    `  - parallel:\n      id: both\n      branches:\n${lists
      .map((list) => list.trimEnd().split('\n'))
      .map(([first, ...rest]) =>
        [`        - ${first?.trim()}`, ...rest.map((line) => `          ${line.trim()}`)].join('\n'),
      )
      .join('\n')}\n`;

  it('tells block and branch of each task', async () => {
    const plan = await lab.plan(`tasks:\n${branches(ensure('a') + ensure('b'), ensure('c'))}${ensure('d')}`);
    expect(plan.tasks.map(({ id, block, branch }) => [id, block, branch])).toEqual([
      ['a', 'both', 0],
      ['b', 'both', 0],
      ['c', 'both', 1],
      ['d', null, null],
    ]);
  });

  it('lets every branch look at the world as the block finds it, and nobody after the block', async () => {
    for (const name of ['one', 'two', 'three']) lab.put(name, 'x');
    const plan = await lab.plan(`tasks:\n${branches(ensure('a') + look('one'), look('two'))}${look('three')}`);
    expect(told(plan.tasks)).toEqual([
      ['a', 'change', 'make a'],
      ['one', 'unknown', 'looks at the world after a'],
      ['two', 'ok', ''],
      ['three', 'unknown', 'looks at the world after a'],
    ]);
  });
});

describe('a plan of a child run', () => {
  it('shows the tasks of the child under its own, with the inputs it would get', async () => {
    lab.put('present');
    lab.child(
      'small',
      `inputs: { what: { type: string, description: Name. } }
prechecks:\n  - { id: fit, uses: assert@1, with: { that: [ { expr: inputs.what != "", fail: no name } ] } }
tasks:\n${ensure('present')}  - { id: made, uses: ensure@1, with: { in: "WORLD", name: "\${{ inputs.what }}" } }\n`,
    );
    const plan = await lab.plan(
      `tasks:\n  - { id: sub, uses: playbook:./small.yaml, with: { what: b } }\n${ensure('c')}`,
    );
    expect(told(plan.tasks)).toEqual([
      ['sub', 'change', 'small 1.0.0: 1 change'],
      ['sub/fit', 'ok', ''],
      ['sub/present', 'ok', 'already so'],
      ['sub/made', 'change', 'make b'],
      ['c', 'change', 'make c'],
    ]);
    expect(plan).toMatchObject({ changes: 2, refusal: null });
    expect(plan.tasks.map(({ part }) => part)).toEqual(['task', 'precheck', 'task', 'task', 'task']);
  });

  it('is refused with a precheck of the child, before the first change', async () => {
    const failing = `prechecks:\n  - { id: fit, uses: assert@1, with: { that: [ { expr: "false", fail: unfit } ] } }\ntasks:\n${ensure('a')}`;
    lab.child('small', failing);
    const sub = '  - { id: sub, uses: playbook:./small.yaml }\n';
    const first = await lab.plan(`tasks:\n${sub}`);
    expect([first.refusal?.error, first.tasks[0]?.summary]).toEqual(['unfit', 'small 1.0.0: a precheck fails']);
    const later = await lab.plan(`tasks:\n${ensure('b')}${sub}`);
    expect([later.refusal, later.tasks[2]]).toMatchObject([null, { id: 'sub/fit', is: 'unknown' }]);
  });

  it('foretells its outputs, each as far as it is known', async () => {
    lab.put('seen', 'x');
    lab.child(
      'small',
      `tasks:\n${look('seen')}${ensure('a')}
outputs: { saw: "\${{ tasks.seen.out.text }}", made: "\${{ tasks.a.out.text }}", fixed: 7 }\n`,
    );
    const use = (id: string, output: string) =>
      `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: "n\${{ tasks.sub.out.${output} }}" } }\n`;
    const plan = await lab.plan(
      `tasks:\n  - { id: sub, uses: playbook:./small.yaml }\n${use('b', 'saw')}${use('c', 'made')}${use('d', 'fixed')}`,
    );
    expect(told(plan.tasks).slice(3)).toEqual([
      ['b', 'change', 'make nx'],
      ['c', 'unknown', 'depends on sub'],
      ['d', 'change', 'make n7'],
    ]);
  });

  it('is one row while its inputs are not known', async () => {
    lab.child('small', `inputs: { what: { type: string, description: Name. } }\ntasks:\n${ensure('a')}`);
    const plan = await lab.plan(
      `tasks:\n${ensure('b')}  - { id: sub, uses: playbook:./small.yaml, with: { what: "\${{ tasks.b.out.text }}" } }\n`,
    );
    expect(told(plan.tasks)[1]).toEqual(['sub', 'unknown', 'depends on b']);
  });

  it('names the item of a loop in the rows below it', async () => {
    lab.child(
      'small',
      `inputs: { what: { type: string, description: Name. } }
tasks:\n  - { id: made, uses: ensure@1, with: { in: "WORLD", name: "\${{ inputs.what }}" } }\n`,
    );
    const plan = await lab.plan(`tasks:
  - { id: sub, for_each: { in: '["x", "y"]', as: w, key: w }, uses: playbook:./small.yaml, with: { what: "\${{ w }}" } }\n`);
    expect(told(plan.tasks).map(([id]) => id)).toEqual(['sub[x]', 'sub[x]/made', 'sub[y]', 'sub[y]/made']);
  });

  it('keeps what a child has done past its own pivot, and all after that of the parent', async () => {
    lab.child('turning', `tasks:\n${ensure('a')}${ensure('b', ', pivot: true')}`);
    lab.child('plain', `tasks:\n${ensure('c')}`);
    const plan = await lab.plan(`tasks:\n  - { id: one, uses: playbook:./turning.yaml }
  - { id: two, uses: playbook:./plain.yaml }\n${ensure('d', ', pivot: true')}  - { id: three, uses: playbook:./plain.yaml }\n`);
    expect(plan.tasks.map(({ id, undo }) => [id, undo])).toEqual([
      ['one', 'kept'],
      ['one/a', 'yes'],
      ['one/b', 'none'],
      ['two', 'yes'],
      ['two/c', 'yes'],
      ['d', 'none'],
      ['three', 'none'],
      ['three/c', 'none'],
    ]);
  });
});

describe('a plan tells beforehand', () => {
  it('that a run will stop and ask, whom, and for how long', async () => {
    const plan = await lab.plan(
      `tasks:\n  - { id: ask, uses: approve@1, with: { question: "Shall it be?", timeout: 2h } }\n${ensure('a')}`,
    );
    expect(plan.tasks[0]).toMatchObject({
      is: 'ask',
      summary: 'Shall it be? (anybody but who starts the run may answer, within 2h)',
      undo: 'none',
    });
    expect(plan.tasks[1]?.is).toBe('change');
  });

  it('how often a task is tried again, and what is done at the end', async () => {
    const plan = await lab.plan(`tasks:\n${ensure('a', ', retry: { max: 3 }')}finally:\n${ensure('b')}`);
    expect(plan.tasks).toMatchObject([
      { id: 'a', retries: 3, part: 'task' },
      { id: 'b', retries: 0, part: 'finally', undo: 'none' },
    ]);
  });

  it('that a hold ends with the task that releases it, though nothing is held now', async () => {
    const plan = await lab.plan(
      `tasks:\n  - { id: hold, uses: grip@1 }\n${ensure('a')}  - { id: let, uses: ungrip@1, releases: hold }\n`,
    );
    expect(told(plan.tasks)).toEqual([
      ['hold', 'change', 'hold them'],
      ['a', 'change', 'make a'],
      ['let', 'change', 'end the hold of hold'],
    ]);
    expect(plan.tasks[0]).toMatchObject({ hold: true, held_until: 'let' });
  });

  it('what would be watched and must hold, and starts no probe', async () => {
    lab.put('a.fails');
    const plan = await lab.plan(`probes:
  - { id: eye, uses: watch@1, with: { in: "WORLD", name: a }, from: a, until: a, must: probes.eye.out.seen }
tasks:\n${ensure('a')}outputs: { seen: "\${{ probes.eye.out.seen }}" }\n`);
    expect(plan.probes).toEqual([
      { id: 'eye', uses: 'watch@1', from: 'a', until: 'a', writes: false, must: 'probes.eye.out.seen' },
    ]);
  });
});

describe('an overridden precheck', () => {
  const two = (more = '') => `prechecks:
  - { id: one, uses: assert@1, with: { that: [ { expr: "false", fail: one is wrong } ] }${more} }
  - { id: two, uses: assert@1, with: { that: [ { expr: "true", fail: two is wrong } ] } }
tasks:\n${ensure('a')}`;

  it('that fails stands in the plan with its reason and does not refuse it', async () => {
    const plan = await lab.plan(two(), { overrides: { one: 'it lies' } });
    expect(plan.refusal).toBeNull();
    expect(plan.tasks[0]).toMatchObject({ is: 'cannot-check', summary: 'one is wrong', overridden: 'it lies' });
  });

  it.each([
    [
      'a precheck that nobody may override',
      ', never_override: true',
      { one: 'why' },
      /^OVERRIDE_FORBIDDEN: .*one of lab/,
    ],
    ['a name that is no precheck', '', { tow: 'why' }, /^USAGE: .*tow.* did you mean --override two/],
    ['no reason', '', { one: ' ' }, /^USAGE: .*needs a reason/],
  ])('is refused for %s', async (_, more, overrides, words) => {
    const thrown = await lab.plan(two(more), { overrides }).catch((error: unknown) => error);
    const { code, message, hint } = thrown as { code: string; message: string; hint: string };
    expect(`${code}: ${message} ${hint}`).toMatch(words);
  });
});

describe('a plan of everything the language has', () => {
  it('writes nothing below the home, takes no lease, does no deed and lists no run', async () => {
    lab.put('list', 'x y');
    lab.child('small', `prechecks:\n${look('list')}tasks:\n${ensure('inner')}finally:\n${ensure('innermost')}`);
    const everything = `prechecks:
  - { id: wrong, uses: assert@1, with: { that: [ { expr: "false", fail: wrong } ] } }
${look('list')}probes:
  - { id: eye, uses: watch@1, with: { in: "WORLD", name: a }, from: a, until: a, must: probes.eye.out.seen }
tasks:
${ensure('a', ', retry: { max: 2 }, confirm: Really?')}  - { id: hold, uses: grip@1 }
  - { id: each, for_each: { in: tasks.list.out.list, as: w, key: w, max_parallel: 2 }, uses: ring@1, with: { in: "WORLD", name: "\${{ w }}" } }
  - parallel: { id: both, branches: [ [ { id: left, uses: ring@1, with: { in: "WORLD", name: l } } ], [ { id: right, uses: playbook:./small.yaml } ] ] }
  - { id: ask, uses: approve@1, with: { question: Go on?, form: { why: { type: string, description: Why. } } } }
  - { id: turn, uses: ring@1, with: { in: "WORLD", name: "\${{ tasks.ask.out.form.why }}" }, pivot: true }
  - { id: let, uses: ungrip@1, releases: hold }
finally:\n${ensure('last')}`;
    const was = filesBelow(home.path);
    const plan = await lab.plan(everything, { overrides: { wrong: 'we know' } });
    expect(told(plan.tasks).map(([id, is]) => `${id} ${is}`)).toEqual([
      'wrong cannot-check',
      'list ok',
      'a change',
      'hold change',
      'each[x] change',
      'each[y] change',
      'left change',
      'right change',
      'right/list unknown',
      'right/inner change',
      'right/innermost change',
      'ask ask',
      'turn unknown',
      'let change',
      'last change',
    ]);
    expect(filesBelow(home.path)).toEqual(was);
    expect(lab.deeds()).toEqual([]);
    expect(await lab.parts.store.list({ limit: 10 })).toEqual([]);
  });
});

/** Path, inode, size and time of change of everything there. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const { ino, size, mtimeMs, ctimeMs } = lstatSync(join(folder, path));
      return [path, ino, size, mtimeMs, ctimeMs].join(' ');
    });
}
