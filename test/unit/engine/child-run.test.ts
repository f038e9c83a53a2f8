import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyRecord } from '../../../src/journal/record.ts';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { until } from '../../harness/until.ts';

const ensure = (id: string, more = '') =>
  `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} }${more} }\n`;
const parent = `tasks:\n${ensure('a')}  - { id: part, uses: "playbook:./part.yaml", with: { text: hello } }\n${ensure('z')}outputs: { said: "\${{ tasks.part.out.said }}" }\n`;
const part = `inputs:\n  text: { type: string, description: What to say. }\ntasks:\n  - { id: b, uses: ensure@1, with: { in: "WORLD", name: b, text: "\${{ inputs.text }}" } }\n${ensure('c')}outputs: { said: "\${{ tasks.b.out.text }}" }\n`;

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
  lab.child('part', part);
});
afterEach(() => home.remove());

const deeds = (what: string) => lab.deeds().filter((deed) => deed.startsWith(what));
async function childOf(run: string | null): Promise<string> {
  const intent = (await lab.records(run)).find((record) => record.type === 'task.intent' && record.task === 'part');
  return intent?.type === 'task.intent' ? (intent.data.child ?? '') : '';
}

describe('a child run', () => {
  it('has a journal of its own, takes its inputs and gives its outputs', async () => {
    const report = await lab.run(parent);
    expect(report).toMatchObject({ status: 'succeeded', outputs: { said: 'hello' } });
    const [created] = await lab.records(await childOf(report.id));
    expect(created).toMatchObject({
      type: 'run.created',
      data: { parent: { run: report.id, task: 'part', item: null } },
    });
    await lab.parts.store.verify(await childOf(report.id));
  });

  it('is gone on with by whoever resumes its parent, nothing done twice', async () => {
    lab.put('c.slow');
    const controller = new AbortController();
    const run = lab.run(parent, { signal: controller.signal });
    await until('the deed is done', () => lab.deeds().includes('apply c'), 5_000);
    controller.abort({ by: 'SIGINT', how: null, why: null });
    const left = await run;
    expect(left.status).toBe('interrupted');
    const child = await childOf(left.id);
    lab.remove('c.slow');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded', outputs: { said: 'hello' } });
    expect(await childOf(left.id)).toBe(child);
    expect(deeds('apply').filter((deed) => deed === 'apply b')).toHaveLength(1);
  });

  it('that was not begun before its parent died is begun by the resume', async () => {
    const controller = new AbortController();
    const onRecord = (record: AnyRecord) => {
      if (record.type === 'task.intent' && record.task === 'part')
        controller.abort({ by: 'x', how: 'leave', why: null });
    };
    const left = await lab.run(parent, { signal: controller.signal, onRecord });
    expect(left.status).toBe('interrupted');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('that fails is undone by itself, and then its parent', async () => {
    lab.put('c.fails');
    const report = await lab.run(parent);
    expect(report).toMatchObject({ status: 'rolled-back', error: { code: 'CHILD_FAILED' } });
    expect(deeds('rollback')).toEqual(['rollback c to absent', 'rollback b to absent', 'rollback a to absent']);
    expect([lab.exists('a'), lab.exists('b')]).toEqual([false, false]);
  });

  it('that succeeded is undone when its parent is', async () => {
    lab.put('z.fails');
    const report = await lab.run(parent);
    expect(report).toMatchObject({ status: 'rolled-back', changed: false });
    expect(deeds('rollback')).toEqual([
      'rollback z to absent',
      'rollback c to absent',
      'rollback b to absent',
      'rollback a to absent',
    ]);
    const last = (await lab.records(await childOf(report.id))).at(-1);
    expect(last).toMatchObject({ type: 'run.ended', data: { status: 'rolled-back' } });
  });

  it('that is past its point of no return is kept, and its parent says so', async () => {
    lab.child('part', part.replace('name: c }', 'name: c }, pivot: true'));
    lab.put('z.fails');
    const report = await lab.run(parent);
    expect(report).toMatchObject({ status: 'partly-rolled-back', changed: true });
    expect([lab.exists('a'), lab.exists('b'), lab.exists('c')]).toEqual([false, true, true]);
  });

  it('that needs a decision leaves its parent open with the same question', async () => {
    lab.child(
      'part',
      `tasks:\n  - { id: ring, uses: ring@1, with: { in: "WORLD", name: bell } }\noutputs: { said: "" }\n`.replace(
        'inputs',
        '',
      ),
    );
    const body = parent.replace(', with: { text: hello }', '');
    lab.put('bell.dead');
    const controller = new AbortController();
    const run = lab.run(body, {
      signal: controller.signal,
      onRecord: () => undefined,
    });
    await until(
      'the deed is done',
      async () => {
        const [first] = await lab.parts.store.list({ limit: 9 });
        return first !== undefined && (await lab.trail(first.id)).some((line) => line === 'task.intent ring');
      },
      5_000,
    );
    controller.abort({ by: 'SIGINT', how: null, why: null });
    const left = await run;
    lab.remove('bell.dead');
    lab.put('bell.mute');
    const asked = await lab.resume(left.id ?? '');
    expect(asked).toMatchObject({ status: 'needs-decision', error: { code: 'NEEDS_DECISION' } });
    const child = await childOf(left.id);
    expect(asked.error?.hint).toContain(`pgdba runs resume ${child}`);
    expect(await lab.resume(child, { decisions: new Map([['ring', 'done']]) })).toMatchObject({ status: 'succeeded' });
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('runs what it began with, although its file is another by now', async () => {
    lab.put('c.slow');
    const controller = new AbortController();
    const run = lab.run(parent, { signal: controller.signal });
    await until('the deed is done', () => lab.deeds().includes('apply c'), 5_000);
    controller.abort({ by: 'SIGINT', how: null, why: null });
    const left = await run;
    lab.remove('c.slow');
    lab.child('part', 'tasks: []\n');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded', outputs: { said: 'hello' } });
  });
});
