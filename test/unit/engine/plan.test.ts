import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
});
afterEach(() => home.remove());

const ensure = (id: string, more = '') =>
  `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} }${more} }\n`;

describe('a plan', () => {
  it('shows what would change, with the difference, and changes nothing', async () => {
    lab.put('a');
    const plan = await lab.plan(`tasks:\n${ensure('a')}${ensure('b')}${ensure('c', ', pivot: true')}`);
    expect(plan).toMatchObject({ changes: 2, refusal: null, risk: 'safe' });
    expect(plan.tasks).toMatchObject([
      { id: 'a', is: 'ok', undo: 'yes' },
      { id: 'b', is: 'change', summary: 'make b', diff: '+ b', undo: 'yes', pivot: false },
      { id: 'c', is: 'change', undo: 'none', pivot: true },
    ]);
    expect(lab.deeds()).toEqual([]);
    expect(await lab.parts.store.list({ limit: 10 })).toEqual([]);
  });

  it('really looks before the first change, and says what it cannot know after it', async () => {
    lab.put('early', 'x');
    lab.put('late', 'y');
    const plan = await lab.plan(`tasks:
  - { id: early, uses: look@1, with: { in: "WORLD", name: early } }
${ensure('a')}  - { id: late, uses: look@1, with: { in: "WORLD", name: late } }
  - { id: b, uses: ensure@1, with: { in: "WORLD", name: "\${{ tasks.late.out.text }}" } }
  - { id: c, uses: ensure@1, with: { in: "WORLD", name: "\${{ tasks.early.out.text }}" } }
`);
    expect(plan.tasks.map(({ id, is, summary }) => [id, is, summary])).toEqual([
      ['early', 'ok', ''],
      ['a', 'change', 'make a'],
      ['late', 'unknown', 'looks at the world after a'],
      ['b', 'unknown', 'depends on late'],
      ['c', 'change', 'make x'],
    ]);
  });

  it('works through loops and conditions', async () => {
    lab.put('list', 'x y');
    const plan = await lab.plan(`tasks:
  - { id: list, uses: look@1, with: { in: "WORLD", name: list } }
  - { id: each, for_each: { in: tasks.list.out.list, as: w, key: w }, uses: ensure@1, with: { in: "WORLD", name: "\${{ w }}" } }
${ensure('never', ', when: size(tasks.list.out.list) > 5')}`);
    expect(plan.tasks.map(({ id, item, is }) => [id, item, is])).toEqual([
      ['list', null, 'ok'],
      ['each', 'x', 'change'],
      ['each', 'y', 'change'],
      ['never', null, 'skip'],
    ]);
  });

  it('reports every precheck that stands against the run, beside the rest of the plan', async () => {
    const plan = await lab.plan(`prechecks:
  - { id: one, uses: assert@1, with: { that: [ { expr: "false", fail: one is wrong } ] } }
  - { id: two, uses: assert@1, with: { that: [ { expr: "false", fail: two is wrong } ] } }
tasks:\n${ensure('a')}`);
    expect(plan.refusal?.error).toBe('one is wrong; two is wrong');
    expect(plan.tasks.map(({ is }) => is)).toEqual(['cannot-check', 'cannot-check', 'change']);
  });

  it('does not refuse for a look that fails only because an earlier task has not been done', async () => {
    lab.put('b.blind');
    const plan = await lab.plan(`tasks:\n${ensure('a')}${ensure('b')}`);
    expect(plan).toMatchObject({ refusal: null, tasks: [{ is: 'change' }, { is: 'cannot-check' }] });
  });

  it('stops when it is told to, and says that nothing was changed', async () => {
    const signal = AbortSignal.abort({ by: 'SIGINT', how: null, why: null });
    const stopped = lab.plan(`tasks:\n${ensure('a')}`, { signal });
    await expect(stopped).rejects.toMatchObject({
      code: 'INTERRUPTED',
      hint: expect.stringMatching(/nothing was changed/),
    });
  });

  it('does not wait for what is not there', async () => {
    const plan = await lab.plan(`tasks:\n  - { id: wait, uses: look@1, with: { in: "WORLD", name: nothing } }\n`);
    expect(plan.tasks).toMatchObject([{ is: 'unknown', summary: 'would wait: nothing is not there' }]);
  });
});
