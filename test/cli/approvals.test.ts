import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CancelLab } from './cancel-lab.ts';
import { buildLabProgram, type LabProgram } from './lab-program.ts';

describe('a run that waits for an approval', () => {
  let program: LabProgram;
  let lab: CancelLab;
  beforeAll(async () => {
    program = await buildLabProgram();
  });
  afterAll(() => program.remove());
  beforeEach(async () => {
    lab = new CancelLab(program.launcher);
    const answer = await lab.pgdba('run', playbook());
    expect(answer).toMatchObject({ exit: 7, envelope: { run: { status: 'waiting' } } });
    lab.actor = 'bob';
  });
  afterEach(() => lab.remove());

  function playbook(timeout = '1h'): string {
    const task = (id: string) => `  - {id: ${id}, uses: work@1, with: {in: ${lab.world}, name: ${id}}}`;
    return lab.write([
      'tasks:',
      task('a'),
      '  - id: agree',
      '    uses: approve@1',
      '    with:',
      '      question: Go on?',
      `      timeout: ${timeout}`,
      '      form:',
      '        window: {type: string, enum: [night, day], description: When it may happen.}',
      task('b'),
    ]);
  }

  it('is listed with who asks, until when, and the hash of what is asked about', async () => {
    const { exit, envelope } = await lab.pgdba('runs', 'approvals');
    expect(exit).toBe(0);
    expect(envelope.data.approvals).toEqual([
      {
        run: lab.run,
        playbook: 'lab',
        cluster: null,
        task: 'agree',
        question: 'Go on?',
        requested_by: expect.stringContaining('alice ('),
        expires: expect.stringMatching(/^\d{4}-.*Z$/),
        plan: expect.stringMatching(/^[0-9a-f]{64}$/),
        form: ['window'],
      },
    ]);
  });

  it('goes on once somebody else has approved and it is resumed', async () => {
    const [asked] = (await lab.pgdba('runs', 'approvals')).envelope.data.approvals;
    const plan = asked.plan.slice(0, 12);
    const said = ['--set', 'window=night', '--plan', plan, '--reason', 'looks right'];
    const approved = await lab.pgdba('runs', 'approve', 'last', ...said);
    expect(approved).toMatchObject({
      exit: 0,
      envelope: { data: { approved: true, form: { window: 'night' }, next: `pgdba runs resume ${lab.run}` } },
    });
    expect(approved.stderr).toBe(`approved; go on with: pgdba runs resume ${lab.run}\n`);
    expect((await lab.pgdba('runs', 'approvals')).envelope.data.approvals).toEqual([]);
    expect(lab.has('b')).toBe(false);
    expect(await lab.pgdba('runs', 'resume', 'last')).toMatchObject({ exit: 0 });
    expect(lab.deeds()).toEqual(['apply a', 'apply b']);
  });

  it('undoes what it did once somebody has rejected it and it is resumed', async () => {
    expect(await lab.pgdba('runs', 'reject', 'last')).toMatchObject({ exit: 2, envelope: { code: 'USAGE' } });
    expect(await lab.pgdba('runs', 'reject', 'last', '--reason', 'not today')).toMatchObject({ exit: 0 });
    const resumed = await lab.pgdba('runs', 'resume', 'last');
    expect(resumed).toMatchObject({ exit: 5, envelope: { code: 'APPROVAL_REJECTED', run: { status: 'rolled-back' } } });
    expect(resumed.envelope.error).toContain('not today');
    expect(lab.deeds()).toEqual(['apply a', 'undo a']);
  });

  it('is not for the one who asked', async () => {
    lab.actor = 'alice';
    const answer = await lab.pgdba('runs', 'approve', 'last', '--set', 'window=night');
    expect(answer).toMatchObject({ exit: 3, envelope: { code: 'APPROVAL_SELF' } });
    expect((await lab.pgdba('runs', 'approvals')).envelope.data.approvals).toHaveLength(1);
  });

  it('waits on when it is resumed without an answer', async () => {
    expect(await lab.pgdba('runs', 'resume', 'last')).toMatchObject({ exit: 7 });
    const { envelope } = await lab.pgdba('runs', 'approvals');
    expect(envelope.data.approvals).toMatchObject([{ requested_by: expect.stringContaining('alice (') }]);
  });

  it('can be cancelled while it waits', async () => {
    expect(await lab.pgdba('runs', 'cancel', 'last', '--rollback')).toMatchObject({ exit: 5 });
    expect(lab.has('a')).toBe(false);
    expect((await lab.pgdba('runs', 'approvals')).envelope.data.approvals).toEqual([]);
  });

  it('of two answers at the same time takes one, and its journal stays whole', async () => {
    const answers = await Promise.all([
      lab.pgdba('runs', 'approve', 'last', '--set', 'window=night'),
      lab.pgdba('runs', 'approve', 'last', '--set', 'window=day'),
      lab.pgdba('runs', 'reject', 'last', '--reason', 'no'),
    ]);
    expect(answers.filter(({ exit }) => exit === 0)).toHaveLength(1);
    expect(lab.trail().filter((line) => line === 'approval.given agree')).toHaveLength(1);
    expect(await lab.store.verify(lab.run)).toMatchObject({ torn_bytes: 0 });
  });
});
