import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approveRun } from '../../../src/engine/approve-run.ts';
import { startRun } from '../../../src/engine/start-run.ts';
import type { AnyRecord } from '../../../src/journal/record.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
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

function leaveAt(type: string, task: string) {
  const controller = new AbortController();
  const onRecord = (record: AnyRecord) => {
    if (record.type === type && record.task === task) controller.abort({ by: 'SIGTERM', how: 'leave', why: null });
  };
  return { signal: controller.signal, onRecord };
}
const deeds = (what: string) => lab.deeds().filter((deed) => deed.startsWith(what));

describe('what has moved since the run was left', () => {
  it('is made again with --reapply, and only that', async () => {
    const left = await lab.run(abc, leaveAt('task.result', 'b'));
    lab.remove('a');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'drift' });
    const report = await lab.resume(left.id ?? '', { drift: 'reapply' });
    expect(report).toMatchObject({ status: 'succeeded' });
    expect(deeds('apply')).toEqual(['apply a', 'apply b', 'apply a', 'apply c']);
    expect(await lab.trail(left.id)).toContain('drift.decided a');
  });

  it('is taken as it is with --accept', async () => {
    const left = await lab.run(abc, leaveAt('task.result', 'b'));
    lab.remove('a');
    expect(await lab.resume(left.id ?? '', { drift: 'accept' })).toMatchObject({ status: 'succeeded' });
    expect(deeds('apply')).toEqual(['apply a', 'apply b', 'apply c']);
    expect(lab.exists('a')).toBe(false);
  });

  it('is no question when somebody has put it back in the meantime', async () => {
    const left = await lab.run(abc, leaveAt('task.result', 'b'));
    lab.remove('a');
    await lab.resume(left.id ?? '');
    lab.put('a');
    expect(await lab.resume(left.id ?? '', { drift: 'reapply' })).toMatchObject({ status: 'succeeded' });
    expect(deeds('apply a')).toHaveLength(1);
  });
});

describe('an operator who undoes a run', () => {
  it('has what was left undone in reverse', async () => {
    const left = await lab.run(abc, leaveAt('task.result', 'b'));
    expect(await lab.rollback(left.id ?? '')).toMatchObject({ status: 'rolled-back', changed: false });
    expect(deeds('rollback')).toEqual(['rollback b to absent', 'rollback a to absent']);
  });

  it('has the half-done task undone first', async () => {
    lab.put('b.slow');
    const controller = new AbortController();
    const left = await lab.run(abc, {
      signal: controller.signal,
      onRecord: ({ type, task }) => {
        if (type === 'task.intent' && task === 'b') controller.abort({ by: 'x', how: 'leave', why: null });
      },
    });
    await lab.rollback(left.id ?? '');
    expect(deeds('rollback')).toEqual(['rollback b to absent', 'rollback a to absent']);
  });

  it('tries again what could not be undone, and only that', async () => {
    lab.put('a.stuck');
    lab.put('c.fails');
    const failed = await lab.run(abc);
    expect(failed).toMatchObject({ status: 'rollback-failed' });
    lab.remove('a.stuck');
    expect(await lab.rollback(failed.id ?? '')).toMatchObject({ status: 'rolled-back', changed: false });
    expect(deeds('rollback b')).toHaveLength(1);
    expect(deeds('rollback a')).toHaveLength(2);
  });

  it('is refused past the point of no return', async () => {
    const body = `tasks:\n${ensure('a')}${ensure('b', ', pivot: true')}${ensure('c')}`;
    const left = await lab.run(body, leaveAt('task.result', 'b'));
    await expect(lab.rollback(left.id ?? '')).rejects.toMatchObject({ code: 'PIVOT_PASSED', facts: { task: 'b' } });
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('is refused for a run that has succeeded', async () => {
    const report = await lab.run(abc);
    await expect(lab.rollback(report.id ?? '')).rejects.toMatchObject({ code: 'RUN_ENDED' });
  });
});

describe('an operator who cancels a run that nobody drives', () => {
  it('leaves the world as it is and runs what must run in any case', async () => {
    const left = await lab.run(`${abc}finally:\n${ensure('last')}`, leaveAt('task.result', 'b'));
    expect(lab.exists('last')).toBe(false);
    expect(await lab.cancel(left.id ?? '')).toMatchObject({ status: 'cancelled', changed: true });
    expect([lab.exists('a'), lab.exists('c'), lab.exists('last')]).toEqual([true, false, true]);
  });

  it('has it undone when its playbook wants that', async () => {
    const left = await lab.run(`on_cancel: rollback\n${abc}`, leaveAt('task.result', 'b'));
    expect(await lab.cancel(left.id ?? '')).toMatchObject({ status: 'rolled-back' });
  });

  it('may change their mind: a cancelled run can be resumed', async () => {
    const left = await lab.run(abc, leaveAt('task.result', 'b'));
    await lab.cancel(left.id ?? '');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
  });
});

describe('a precheck that fails', () => {
  const checked = `prechecks:\n  - { id: space, uses: assert@1, with: { that: [ { expr: "1 > 2", fail: no space } ] } }\n  - { id: never, uses: assert@1, never_override: true, with: { that: [ { expr: "true", fail: no } ] } }\n${abc}`;

  it('does not stop a run whose operator overrides it and says why', async () => {
    expect(await lab.run(checked)).toMatchObject({ status: 'refused' });
    const report = await lab.run(checked, { overrides: { space: 'the disk was grown' } });
    expect(report).toMatchObject({ status: 'succeeded' });
    const said = (await lab.records(report.id)).find(({ type }) => type === 'precheck.overridden');
    expect(said).toMatchObject({ task: 'space', data: { reason: 'the disk was grown', by: 'tester' } });
  });

  it('cannot be overridden when its playbook forbids it', async () => {
    await expect(lab.run(checked, { overrides: { never: 'please' } })).rejects.toMatchObject({
      code: 'OVERRIDE_FORBIDDEN',
    });
  });
});

describe('a probe that must see something', () => {
  const watched = (must: string) =>
    `probes:\n  - { id: w, uses: watch@1, with: { in: "WORLD", name: a }, from: a, until: b, must: "${must}" }\n${abc}`;

  it('lets the run go on when it holds', async () => {
    const report = await lab.run(watched('probes.w.out.seen'));
    expect(report).toMatchObject({ status: 'succeeded' });
    const judged = (await lab.records(report.id)).find(({ type }) => type === 'probe.result');
    expect(judged).toMatchObject({ data: { must: { holds: true, text: 'probes.w.out.seen' } } });
  });

  it('has the run undone when it does not', async () => {
    const report = await lab.run(watched('!probes.w.out.seen'));
    expect(report).toMatchObject({ status: 'rolled-back', error: { code: 'PROBE_BROKEN' } });
    expect(lab.exists('a')).toBe(false);
    expect(deeds('apply c')).toEqual([]);
  });

  it('watches again after a resume, and is judged by what it sees to the end', async () => {
    const left = await lab.run(watched('probes.w.out.seen'), leaveAt('task.result', 'a'));
    expect(left.status).toBe('interrupted');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('counts as not held when it broke', async () => {
    lab.put('a.fails');
    lab.put('a');
    expect(await lab.run(watched('probes.w.out.seen'))).toMatchObject({ error: { code: 'PROBE_BROKEN' } });
  });
});

describe('a task that asks for approval', () => {
  const asks = `tasks:\n${ensure('a')}  - id: ok\n    uses: approve@1\n    with: { question: "Go on with a?", form: { ticket: { type: string, description: Ticket. } } }\n${ensure('b')}outputs: { ticket: "\${{ tasks.ok.out.form.ticket }}", by: "\${{ tasks.ok.out.by }}" }\n`;
  const answer = (run: string, approved: boolean, by = 'another') =>
    approveRun(
      { ...lab.parts, actor: by },
      {
        run,
        task: null,
        approved,
        reason: 'seen',
        form: new Map([['ticket', { value: 'T1', origin: '--set' }]]),
        plan: null,
      },
    );

  it('waits until somebody else has approved, and knows what they said', async () => {
    const waiting = await lab.run(asks);
    expect(waiting).toMatchObject({ status: 'waiting', error: { code: 'APPROVAL_NEEDED' } });
    expect(waiting.error?.hint).toContain(`pgdba runs approve ${waiting.id} --set ticket=…; then: pgdba runs resume`);
    expect(lab.exists('b')).toBe(false);
    await expect(answer(waiting.id ?? '', true, 'tester')).rejects.toMatchObject({ code: 'APPROVAL_SELF' });
    await answer(waiting.id ?? '', true);
    expect(await lab.resume(waiting.id ?? '')).toMatchObject({
      status: 'succeeded',
      outputs: { ticket: 'T1', by: 'another' },
    });
  });

  it('still waits when it is resumed without an answer, and asks only once', async () => {
    const waiting = await lab.run(asks);
    expect(await lab.resume(waiting.id ?? '')).toMatchObject({ status: 'waiting' });
    expect((await lab.trail(waiting.id)).filter((line) => line === 'approval.asked ok')).toHaveLength(1);
  });

  it('fails when it is rejected, and the run is undone', async () => {
    const waiting = await lab.run(asks);
    await answer(waiting.id ?? '', false);
    expect(await lab.resume(waiting.id ?? '')).toMatchObject({
      status: 'rolled-back',
      error: { code: 'APPROVAL_REJECTED' },
    });
  });

  it('fails when nobody answers in time', async () => {
    const waiting = await lab.run(asks.replace('question:', 'timeout: 1ms, question:'));
    const report = waiting.status === 'waiting' ? await lab.resume(waiting.id ?? '') : waiting;
    expect(report).toMatchObject({ status: 'rolled-back', error: { code: 'APPROVAL_EXPIRED' } });
  });
});

describe('a newer version of the playbook', () => {
  const write = (body: string, version: string) => {
    const file = join(lab.world, 'lab.yaml');
    writeFileSync(
      file,
      `apiVersion: pgdba/v1\nkind: Playbook\nname: lab\nversion: "${version}"\nsummary: A lab.\nrisk: safe\n${body.replaceAll('WORLD', lab.world)}`,
    );
    return file;
  };
  async function leftAtB(): Promise<string> {
    mkdirSync(lab.world, { recursive: true });
    const file = write(abc, '1.0.0');
    const source = (await import('node:fs')).readFileSync(file, 'utf8');
    const { signal, onRecord } = leaveAt('task.result', 'b');
    const report = await startRun(
      lab.parts,
      {
        playbook: await loadPlaybook(source, file, lab.parts.registry),
        inputs: {},
        target: { name: null, named: false, patroni_url: null, provider: 'local' },
        consent: { yes: false, confirm: false, retry: '' },
        reason: null,
        journal: false,
        overrides: new Map(),
        plan: null,
      },
      { observer: { onRecord, onProgress: () => undefined }, prompt: null, signal, waitMs: 0 },
    );
    return report.id ?? '';
  }

  it('is gone on with when what has begun is still in it', async () => {
    const run = await leftAtB();
    write(`tasks:\n${ensure('a')}${ensure('b')}${ensure('d')}`, '1.1.0');
    expect(await lab.resume(run, { newVersion: true })).toMatchObject({ status: 'succeeded', version: '1.1.0' });
    expect([lab.exists('c'), lab.exists('d')]).toEqual([false, true]);
    expect(await lab.trail(run)).toContain('playbook.replaced');
  });

  it('is refused when a task that has begun is gone', async () => {
    const run = await leftAtB();
    write(`tasks:\n${ensure('a')}${ensure('d')}`, '1.1.0');
    await expect(lab.resume(run, { newVersion: true })).rejects.toMatchObject({ code: 'NEW_VERSION_MISFIT' });
    expect(await lab.resume(run)).toMatchObject({ status: 'succeeded', version: '1.0.0' });
  });
});
