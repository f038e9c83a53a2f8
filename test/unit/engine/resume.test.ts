import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyRecord } from '../../../src/journal/record.ts';
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

/** Cancels the run as soon as a record comes by; as a person does with Ctrl-C. */
function cancelAt(matches: (record: AnyRecord) => boolean) {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onRecord: (record: AnyRecord) => {
      if (matches(record)) controller.abort('SIGINT');
    },
  };
}
const at = (type: string, task: string) => (record: AnyRecord) => record.type === type && record.task === task;

describe('a run that was left', () => {
  it.each(['task.checked', 'task.intent', 'task.result'])(
    'at %s is finished by a resume, nothing done twice',
    async (type) => {
      const left = await lab.run(abc, cancelAt(at(type, 'b')));
      expect(left).toMatchObject({ status: 'interrupted', error: { code: 'INTERRUPTED' } });
      expect(left.error?.hint).toContain(`pgdba runs resume ${left.id}`);
      const report = await lab.resume(left.id ?? '');
      expect(report).toMatchObject({ id: left.id, status: 'succeeded', changed: true });
      expect(new Set(lab.deeds())).toEqual(new Set(['apply a', 'apply b', 'apply c']));
      expect(lab.deeds().filter((deed) => deed === 'apply a')).toHaveLength(1);
      await lab.parts.store.verify(left.id ?? '');
    },
  );

  it('stops at drift, with the difference, and stays as it is', async () => {
    const left = await lab.run(abc, cancelAt(at('task.result', 'b')));
    lab.remove('a');
    const report = await lab.resume(left.id ?? '');
    expect(report).toMatchObject({ status: 'drift', error: { code: 'DRIFT', facts: { task: 'a', diff: '+ a' } } });
    expect(lab.exists('c')).toBe(false);
  });

  it('does not look again at what its playbook says is replaced later', async () => {
    const body = `tasks:\n${ensure('a', ', recheck: false')}${ensure('b')}${ensure('c')}`;
    const left = await lab.run(body, cancelAt(at('task.result', 'b')));
    lab.remove('a');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('works through the same loop items, whatever the list would be now', async () => {
    lab.put('list', 'x y z');
    const left = await lab.run(
      `tasks:
  - { id: list, uses: look@1, with: { in: "WORLD", name: list } }
  - { id: each, for_each: { in: tasks.list.out.list, as: w, key: w }, uses: ensure@1, with: { in: "WORLD", name: "\${{ w }}" } }
`,
      cancelAt((record) => record.type === 'task.result' && record.item === 'x'),
    );
    lab.put('list', 'other');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
    expect(lab.deeds()).toEqual(['apply x', 'apply y', 'apply z']);
  });

  it('keeps what observers saw once something was changed because of it', async () => {
    lab.put('fact', 'before');
    const left = await lab.run(
      `tasks:
  - { id: fact, uses: look@1, with: { in: "WORLD", name: fact } }
${ensure('a')}${ensure('b')}outputs: { fact: "\${{ tasks.fact.out.text }}" }\n`,
      cancelAt(at('task.result', 'a')),
    );
    lab.put('fact', 'after');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ outputs: { fact: 'before' } });
  });

  it('knows its own change when the crash came between apply and result, and can undo it', async () => {
    lab.put('a.slow');
    const left = await lab.run(`tasks:\n${ensure('a')}${ensure('b')}`, cancelAt(at('task.intent', 'a')));
    lab.put('a');
    lab.put('b.fails');
    const report = await lab.resume(left.id ?? '');
    expect(report.status).toBe('rolled-back');
    expect(lab.exists('a')).toBe(false);
  });

  it('goes on rolling back, and never forward, when it was left in the middle of it', async () => {
    lab.put('c.fails');
    const left = await lab.run(
      abc,
      cancelAt((record) => record.type === 'rollback.result' && record.task === 'c'),
    );
    expect(left.status).toBe('interrupted');
    lab.remove('c.fails');
    const report = await lab.resume(left.id ?? '');
    expect(report.status).toBe('rolled-back');
    expect([lab.exists('a'), lab.exists('b'), lab.exists('c')]).toEqual([false, false, false]);
  });

  it('undoes itself when it is cancelled and its playbook wants that', async () => {
    const report = await lab.run(`on_cancel: rollback\n${abc}`, cancelAt(at('task.result', 'b')));
    expect(report.status).toBe('rolled-back');
    expect(lab.exists('a')).toBe(false);
  });

  it('is not resumed twice: what ended has nothing left to do', async () => {
    const report = await lab.run(abc);
    await expect(lab.resume(report.id ?? '')).rejects.toMatchObject({ code: 'RUN_ENDED' });
    await expect(lab.resume('01ARZ3NDEKTSV4RRFFQ69G5FAV')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  });

  it('is not taken from a process that still drives it', async () => {
    lab.put('b.slow');
    const controller = new AbortController();
    let id = '';
    const running = lab.run(abc, {
      signal: controller.signal,
      onRecord: (record) => {
        id = record.run;
      },
    });
    while (!lab.deeds().includes('apply b')) await new Promise((resolve) => setImmediate(resolve));
    await expect(lab.resume(id)).rejects.toMatchObject({ code: 'RUN_ALIVE' });
    controller.abort('SIGINT');
    await running;
  });

  it('cannot be resumed after an event yet, and says so', async () => {
    const left = await lab.run(
      `tasks:\n  - { id: bell, uses: ring@1, with: { in: "WORLD", name: bell } }\n${ensure('a')}${ensure('b')}`,
      cancelAt(at('task.result', 'a')),
    );
    const report = await lab.resume(left.id ?? '');
    expect(report).toMatchObject({ status: 'interrupted', error: { code: 'NOT_YET' } });
  });
});
