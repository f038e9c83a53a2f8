import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';

const ensure = (id: string, more = '') =>
  `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} }${more} }\n`;

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
});
afterEach(() => home.remove());

const undoings = () => lab.deeds().filter((deed) => deed.startsWith('rollback'));

describe('a failed run', () => {
  it('undoes what it changed, the half-done task first, and nothing else', async () => {
    lab.put('a'); // was there before: not ours
    lab.put('d.fails');
    const report = await lab.run(`tasks:\n${ensure('a')}${ensure('b')}${ensure('c')}${ensure('d')}`);
    expect(report).toMatchObject({ status: 'rolled-back', changed: false, error: { code: 'COMMAND_FAILED' } });
    expect(undoings()).toEqual(['rollback d to absent', 'rollback c to absent', 'rollback b to absent']);
    expect([lab.exists('a'), lab.exists('b'), lab.exists('c')]).toEqual([true, false, false]);
  });

  it('undoes loop items one by one, in reverse', async () => {
    lab.put('list', 'x y z');
    lab.put('z.fails');
    const report = await lab.run(`tasks:
  - { id: list, uses: look@1, with: { in: "WORLD", name: list } }
  - { id: each, for_each: { in: tasks.list.out.list, as: w, key: w }, uses: ensure@1, with: { in: "WORLD", name: "\${{ w }}" } }
`);
    expect(report.status).toBe('rolled-back');
    expect(undoings()).toEqual(['rollback z to absent', 'rollback y to absent', 'rollback x to absent']);
  });

  it('goes forward only once its pivot has begun', async () => {
    lab.put('c.fails');
    const report = await lab.run(`tasks:\n${ensure('a')}${ensure('b', ', pivot: true')}${ensure('c')}`);
    expect(report).toMatchObject({ status: 'failed', changed: true });
    expect(undoings()).toEqual([]);
    lab.remove('c.fails');
    expect(await lab.resume(report.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('stops where it stands when its playbook says so, and can be resumed', async () => {
    lab.put('b.fails');
    const report = await lab.run(`on_failure: stop\ntasks:\n${ensure('a')}${ensure('b')}`);
    expect(report).toMatchObject({ status: 'failed', changed: true });
    expect(report.error?.hint).toContain(`pgdba runs resume ${report.id}`);
    expect(lab.exists('a')).toBe(true);
    lab.remove('b.fails');
    expect(await lab.resume(report.id ?? '')).toMatchObject({ status: 'succeeded', changed: true });
  });

  it('says what was kept, and why', async () => {
    lab.put('a.kept');
    lab.put('b.fails');
    const report = await lab.run(`tasks:\n${ensure('a')}${ensure('b')}`);
    expect(report).toMatchObject({ status: 'partly-rolled-back', changed: true });
    const kept = (await lab.records(report.id)).filter(({ type }) => type === 'rollback.result').at(-1);
    expect(kept).toMatchObject({ task: 'a', data: { outcome: 'kept', why: 'somebody uses it' } });
  });

  it('halts a rollback that fails: what was to be undone after it may depend on it', async () => {
    lab.put('b.stuck');
    lab.put('c.fails');
    const report = await lab.run(`tasks:\n${ensure('a')}${ensure('b')}${ensure('c')}`);
    expect(report).toMatchObject({ status: 'rollback-failed', error: { code: 'ROLLBACK_FAILED' } });
    expect(report.error?.hint).toContain(`pgdba runs rollback ${report.id}`);
    expect(report.error?.hint).toContain(`pgdba lease ack ${report.id} --reason`);
    expect(report.error?.error).toContain('nailed down');
    expect(lab.exists('a')).toBe(true);
  });

  it('leaves alone what its playbook says is not undone', async () => {
    lab.put('b.fails');
    const report = await lab.run(`tasks:\n${ensure('a', ', rollback: none')}${ensure('b')}`);
    expect(report.status).toBe('partly-rolled-back');
    expect(lab.exists('a')).toBe(true);
  });

  it('undoes by another step when its playbook says so', async () => {
    lab.put('b.fails');
    const report = await lab.run(`tasks:
  - id: a
    uses: ensure@1
    with: { in: "WORLD", name: a }
    rollback: { uses: ensure@1, with: { in: "WORLD", name: instead } }
${ensure('b')}`);
    expect(report.status).toBe('rolled-back');
    expect(lab.exists('instead')).toBe(true);
  });
});

describe('finally', () => {
  const last = `finally:\n${ensure('last')}`;

  it('runs after success', async () => {
    expect(await lab.run(`tasks:\n${ensure('a')}${last}`)).toMatchObject({ status: 'succeeded' });
    expect(lab.deeds()).toEqual(['apply a', 'apply last']);
  });

  it('runs after a rollback, and its own failure does not hide the first one', async () => {
    lab.put('b.fails');
    lab.put('last.fails');
    const report = await lab.run(`tasks:\n${ensure('a')}${ensure('b')}${last}`);
    expect(report.status).toBe('rolled-back');
    expect(report.error?.facts).toMatchObject({ program: 'b' });
    expect(lab.deeds()).toContain('apply last');
  });

  it('makes a run fail whose own failure is the only one', async () => {
    lab.put('last.fails');
    expect(await lab.run(`tasks:\n${ensure('a')}${last}`)).toMatchObject({ status: 'failed' });
  });

  it('does not run when nothing began', async () => {
    const report = await lab.run(`prechecks:
  - { id: no, uses: assert@1, with: { that: [ { expr: "false", fail: no } ] } }
tasks:\n${ensure('a')}${last}`);
    expect(report.status).toBe('refused');
    expect(lab.deeds()).toEqual([]);
  });
});
