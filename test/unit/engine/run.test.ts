import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Prompt } from '../../../src/engine/report.ts';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';

const ensure = (id: string, more = '') =>
  `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} }${more} }\n`;
const abc = `tasks:\n${ensure('a')}${ensure('b')}${ensure('c')}`;

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
});
afterEach(() => home.remove());

describe('a run', () => {
  it('does its tasks in the order of the file, and proves each', async () => {
    const report = await lab.run(abc);
    expect(report).toMatchObject({ status: 'succeeded', changed: true, error: null });
    expect(lab.deeds()).toEqual(['apply a', 'apply b', 'apply c']);
    expect(await lab.trail(report.id)).toEqual([
      'run.created',
      ...['a', 'b', 'c'].flatMap((id) => [`task.checked ${id}`, `task.intent ${id}`, `task.result ${id}`]),
      'run.ended',
    ]);
  });

  it('changes nothing the second time, and has the same outputs', async () => {
    const body = `${abc}outputs: { text: "\${{ tasks.a.out.text }}" }\n`;
    const first = await lab.run(body);
    const second = await lab.run(body);
    expect(second).toMatchObject({ status: 'succeeded', changed: false, outputs: first.outputs });
    expect(lab.deeds()).toHaveLength(3);
  });

  it('passes results on as journaled data, with their types', async () => {
    lab.put('list', 'x y');
    const report = await lab.run(`tasks:
  - { id: list, uses: look@1, with: { in: "WORLD", name: list } }
  - id: each
    for_each: { in: tasks.list.out.list, as: word, key: word }
    uses: ensure@1
    with: { in: "WORLD", name: "\${{ word }}", text: "made for \${{ word }}" }
outputs: { count: "\${{ size(tasks.list.out.list) }}", x: "\${{ tasks.each.items['x'].text }}" }
`);
    expect(report).toMatchObject({ status: 'succeeded', outputs: { count: 2, x: 'made for x' } });
    expect(await lab.trail(report.id)).toContain('task.result each[y]');
  });

  it('skips a task whose condition is false, and says so in the journal', async () => {
    const report = await lab.run(`inputs: { wanted: { type: boolean, default: false, description: x } }
tasks:
${ensure('a', ', when: inputs.wanted')}${ensure('b')}`);
    expect(report.status).toBe('succeeded');
    expect(lab.deeds()).toEqual(['apply b']);
    expect(await lab.trail(report.id)).toContain('task.skipped a');
  });

  it('reports all failed prechecks together and starts nothing', async () => {
    const report = await lab.run(`prechecks:
  - { id: one, uses: assert@1, with: { that: [ { expr: "1 > 2", fail: one is wrong, hint: mend one } ] } }
  - { id: two, uses: assert@1, with: { that: [ { expr: "true", fail: never } ] } }
  - { id: three, uses: assert@1, with: { that: [ { expr: "2 > 3", fail: three is wrong } ] } }
${abc}`);
    expect(report).toMatchObject({ status: 'refused', changed: false });
    expect(report.error?.error).toBe('one is wrong; three is wrong');
    expect(report.error?.hint).toContain('mend one');
    expect(lab.deeds()).toEqual([]);
  });

  it('calls an exception that did not matter a warning: the world is the verdict', async () => {
    lab.put('a.half');
    const report = await lab.run(`tasks:\n${ensure('a')}`);
    expect(report).toMatchObject({ status: 'succeeded', changed: true });
    const result = (await lab.records(report.id)).find(({ type }) => type === 'task.result');
    expect(result?.data).toMatchObject({ outcome: 'changed', warnings: [expect.stringContaining('told to')] });
  });

  it('does not believe an apply that returned: what does not show was not done', async () => {
    lab.put('b.lost');
    const report = await lab.run(abc);
    expect(report.error).toMatchObject({ code: 'NOT_VERIFIED' });
    expect(report.status).toBe('rolled-back');
  });

  it('calls the outcome unknown when nobody can look', async () => {
    lab.put('a.blinding');
    const report = await lab.run(`on_failure: stop\ntasks:\n${ensure('a')}`);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'TASK_UNKNOWN_OUTCOME' } });
    expect(report.error?.hint).toContain(`pgdba runs resume ${report.id}`);
  });

  it('calls the outcome unknown while a statement is still at work, whatever a look says by then', async () => {
    lab.put('bell.alive');
    const ring = '  - { id: bell, uses: ring@1, with: { in: "WORLD", name: bell } }';
    const report = await lab.run(`on_failure: stop\ntasks:\n${ring}`);
    const result = (await lab.records(report.id)).find(({ type }) => type === 'task.result');
    expect(result?.data).toMatchObject({ outcome: 'unknown', not_done: false });
    expect(report.error?.error).toContain('still at work on bell (pid 7)');
  });

  it('waits for what is pending, and says what it waited for when its time is over', async () => {
    const report = await lab.run(`risk: read-only
tasks:
  - { id: wait, uses: look@1, with: { in: "WORLD", name: never }, timeout: 60ms }
`);
    expect(report).toMatchObject({ id: null, status: 'failed', error: { code: 'WAIT_TIMEOUT' } });
    expect(report.error?.error).toContain('never is not there');
  });

  it('ends a task that takes longer than its timeout, asks the world, and undoes what came before', async () => {
    lab.put('b.slow');
    const report = await lab.run(`tasks:\n${ensure('a')}${ensure('b', ', timeout: 100ms')}`);
    expect(report.status).toBe('rolled-back');
    expect(lab.exists('a')).toBe(false);
  });

  it('keeps secrets out of every byte it writes, and out of results', async () => {
    lab.put('password', 'correct horse battery');
    const { chmodSync } = await import('node:fs');
    chmodSync(join(lab.world, 'password'), 0o600);
    const reference = `file:${join(lab.world, 'password')}`;
    const made = await lab.run(`tasks:
  - { id: a, uses: ensure@1, with: { in: "WORLD", name: a, secret: "${reference}" } }
`);
    // The step got it and wrote it into the world, where it belongs; then it returned it, which no step may.
    expect(lab.deeds()).toEqual(['apply a', 'rollback a to absent']);
    expect(made).toMatchObject({ status: 'rolled-back', error: { code: 'SECRET_LEAK' } });
    const leaked = await lab.run(`risk: read-only
tasks: [ { id: leak, uses: leak@1, with: { secret: "${reference}" } } ]
`);
    expect(leaked.error).toMatchObject({ code: 'SECRET_LEAK', facts: { step: 'leak', where: 'result' } });
    const journal = readFileSync(join(lab.home, 'runs', made.id ?? '', 'journal.jsonl'), 'utf8');
    expect(journal).toContain(reference);
    expect(journal + JSON.stringify([made, leaked])).not.toContain('correct horse');
  });
});

describe('a task that asks first', () => {
  const asking = `tasks:\n${ensure('a', ', confirm: "Make it?"')}`;
  const answering = (yes: boolean): Prompt => ({ yesNo: async () => yes, typed: async () => yes });

  it('goes on with a yes from the terminal, and journals who gave it', async () => {
    const report = await lab.run(asking, { prompt: answering(true) });
    expect(report.status).toBe('succeeded');
    expect(await lab.trail(report.id)).toEqual(expect.arrayContaining(['task.asked a', 'task.answered a']));
  });

  it('does nothing after a no', async () => {
    const report = await lab.run(asking, { prompt: answering(false) });
    expect(report).toMatchObject({ status: 'refused', error: { code: 'DECLINED' } });
    expect(lab.deeds()).toEqual([]);
  });

  it('does nothing when nobody can be asked, unless --yes was said', async () => {
    expect(await lab.run(asking)).toMatchObject({
      error: { code: 'DECLINED', hint: expect.stringContaining('--yes') },
    });
    expect(await lab.run(asking, { yes: true })).toMatchObject({ status: 'succeeded' });
  });

  it('does not ask for what is already so', async () => {
    lab.put('a');
    expect(await lab.run(asking)).toMatchObject({ status: 'succeeded', changed: false });
  });
});
