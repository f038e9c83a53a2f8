import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { CancelLab } from './cancel-lab.ts';
import { buildLabProgram, type LabProgram } from './lab-program.ts';

describe('a run that several want to drive at the same time', () => {
  let program: LabProgram;
  let lab: CancelLab;
  beforeAll(async () => {
    program = await buildLabProgram();
  });
  afterAll(() => program.remove());
  beforeEach(() => {
    lab = new CancelLab(program.launcher);
  });
  afterEach(() => lab.remove());

  it('is resumed by one; the others are told so, and nothing happens twice', async () => {
    lab.hold('b.apply');
    const driver = lab.start('run', lab.playbook());
    await lab.reached('b.apply');
    driver.child.kill('SIGKILL');
    await driver.exit;

    const resumes = Array.from({ length: 4 }, () => lab.start('runs', 'resume', lab.run));
    // The one that got it stands at the gate.
    const gone: number[] = [];
    for (const { exit } of resumes) void exit.then((code) => gone.push(code));
    await until('the others to go', () => gone.length === 3);
    expect(gone).toEqual([4, 4, 4]);
    lab.letGo('b.apply');
    const exits = await Promise.all(resumes.map(({ exit }) => exit));
    expect(exits.toSorted()).toEqual([0, 4, 4, 4]);
    expect(lab.deeds()).toEqual(['apply a', 'apply f', 'apply b', 'apply tidy']);
    expect(await lab.store.verify(lab.run)).toMatchObject({ torn_bytes: 0 });
    expect(lab.trail().filter((line) => line === 'run.resumed')).toHaveLength(1);
  });
});
