import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { type Call, CancelLab } from './cancel-lab.ts';
import { buildLabProgram, type LabProgram } from './lab-program.ts';

describe('pgdba runs cancel', () => {
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

  /** A run that is held at this place. */
  async function runAt(place: string, onCancel: 'leave' | 'rollback' = 'leave'): Promise<Call> {
    lab.hold(place);
    const driver = lab.start('run', lab.playbook(onCancel));
    await lab.reached(place);
    return driver;
  }

  /** A run whose driver was killed there. */
  async function killedAt(place: string, onCancel: 'leave' | 'rollback' = 'leave'): Promise<void> {
    const driver = await runAt(place, onCancel);
    driver.child.kill('SIGKILL');
    await driver.exit;
    lab.letGo(place);
  }

  it('has the driver undo the run, and answers as the driver does', async () => {
    const driver = await runAt('b.apply');
    lab.actor = 'bob';
    const answer = await lab.pgdba('runs', 'cancel', 'last', '--rollback', '--reason', 'wrong member');
    expect(answer).toMatchObject({
      exit: 5,
      envelope: { success: false, run: { id: lab.run, status: 'rolled-back' } },
    });
    expect(await driver.exit).toBe(5);
    expect(lab.deeds()).toEqual(['apply a', 'apply f', 'undo b', 'undo f', 'undo a', 'apply tidy']);
    const records = await lab.store.read(lab.run);
    expect(records.find(({ type }) => type === 'run.cancel')?.data).toMatchObject({
      how: 'rollback',
      by: expect.stringContaining('bob ('),
      why: 'wrong member',
    });
  });

  it('has the driver leave the run, and says how to go on', async () => {
    const driver = await runAt('b.apply');
    const answer = await lab.pgdba('runs', 'cancel', 'last', '--leave');
    expect(answer).toMatchObject({ exit: 130, envelope: { run: { status: 'interrupted' } } });
    expect(answer.envelope.hint).toContain(`pgdba runs resume ${lab.run}`);
    expect(answer.stderr).toContain(`asked process ${driver.child.pid} to stop run ${lab.run}`);
    expect(await driver.exit).toBe(130);
  });

  it('without a word does what the playbook says', async () => {
    await runAt('b.apply', 'rollback');
    expect(await lab.pgdba('runs', 'cancel', 'last')).toMatchObject({ exit: 5 });
  });

  it('says for which task it waits, and stays true to the request when --wait is over', async () => {
    const driver = await runAt('f.apply');
    const answer = await lab.pgdba('runs', 'cancel', 'last', '--leave', '--wait', '1500ms');
    expect(answer).toMatchObject({ exit: 1, envelope: { code: 'CANCEL_PENDING', facts: { task: 'f' } } });
    expect(answer.stderr).toContain('it waits for task f, which its playbook does not let be interrupted');
    expect(driver.child.exitCode).toBeNull();
    lab.letGo('f.apply');
    expect(await driver.exit).toBe(130);
    expect(lab.trail()).toContain('task.result f');
    expect(lab.deeds()).toEqual(['apply a', 'apply f']);
  });

  it('--wait 0 only asks', async () => {
    const driver = await runAt('f.apply');
    const answer = await lab.pgdba('runs', 'cancel', 'last', '--leave', '--wait', '0');
    expect(answer).toMatchObject({ exit: 0, envelope: { data: { id: lab.run, status: 'running', asked: 'leave' } } });
    lab.letGo('f.apply');
    expect(await driver.exit).toBe(130);
  });

  it('ends a run whose driver was killed: finally runs, nothing is undone', async () => {
    await killedAt('b.apply');
    const answer = await lab.pgdba('runs', 'cancel', 'last');
    expect(answer).toMatchObject({ exit: 130, envelope: { run: { status: 'cancelled' } } });
    expect(lab.deeds()).toEqual(['apply a', 'apply f', 'apply tidy']);
    expect(await lab.status()).toBe('cancelled');
  });

  it('undoes a run whose driver was killed', async () => {
    await killedAt('b.apply');
    const answer = await lab.pgdba('runs', 'cancel', 'last', '--rollback');
    expect(answer).toMatchObject({ exit: 5, envelope: { run: { status: 'rolled-back' } } });
    expect(lab.deeds()).toEqual(['apply a', 'apply f', 'undo b', 'undo f', 'undo a', 'apply tidy']);
  });

  it('asks the playbook how to end a run that nobody drives', async () => {
    await killedAt('b.apply', 'rollback');
    expect(await lab.pgdba('runs', 'cancel', 'last')).toMatchObject({ exit: 5 });
  });

  it('--leave finds nothing to do about a run that was left', async () => {
    await killedAt('b.apply');
    const before = lab.trail();
    const answer = await lab.pgdba('runs', 'cancel', 'last', '--leave');
    expect(answer).toMatchObject({ exit: 130, envelope: { run: { status: 'interrupted' } } });
    expect(lab.trail()).toEqual(before);
  });

  it('takes over when the driver dies before it heard the request', async () => {
    const driver = await runAt('b.apply');
    driver.child.kill('SIGSTOP');
    const cancel = lab.start('runs', 'cancel', 'last', '--rollback');
    await until('the request', () => cancel.stderr().includes('asked process'));
    driver.child.kill('SIGKILL');
    expect(await cancel.exit).toBe(5);
    expect(await lab.status()).toBe('rolled-back');
  });

  it('does not stop the run again that somebody resumed after its driver died', async () => {
    const driver = await runAt('b.apply');
    driver.child.kill('SIGSTOP');
    const cancel = await lab.pgdba('runs', 'cancel', 'last', '--leave', '--wait', '0');
    expect(cancel.exit).toBe(0);
    driver.child.kill('SIGKILL');
    await driver.exit;
    lab.letGo('b.apply');
    expect(await lab.pgdba('runs', 'resume', 'last')).toMatchObject({ exit: 0 });
  });

  it('has nothing to cancel once a run has ended', async () => {
    await lab.pgdba('run', lab.playbook());
    const answer = await lab.pgdba('runs', 'cancel', 'last');
    expect(answer).toMatchObject({ exit: 2, envelope: { code: 'NOTHING_TO_CANCEL' } });
    expect(answer.envelope.hint).toContain(`pgdba runs rollback ${lab.run}`);
    expect(await lab.pgdba('runs', 'cancel', 'last', '--leave', '--rollback')).toMatchObject({ exit: 2 });
  });
});
