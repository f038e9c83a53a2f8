import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyRecord } from '../../../src/journal/record.ts';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { until } from '../../harness/until.ts';

const ensure = (id: string, more = '') =>
  `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} }${more} }\n`;
const ring = (id: string, name: string) => `  - { id: ${id}, uses: ring@1, with: { in: "WORLD", name: ${name} } }\n`;

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

describe('a compensation of its own', () => {
  it('may be an event, and counts when the event is proved', async () => {
    lab.put('b.fails');
    const undo = `, rollback: { uses: ring@1, with: { in: "WORLD", name: bell } }`;
    const report = await lab.run(`tasks:\n${ensure('a', undo)}${ensure('b')}`);
    expect(report.status).toBe('rolled-back');
    expect(lab.read('bell').trim()).toBe(report.id);
  });

  it('is no undoing when nobody can tell whether it happened', async () => {
    lab.put('b.fails');
    lab.put('bell.mute');
    const undo = `, rollback: { uses: ring@1, with: { in: "WORLD", name: bell } }`;
    const report = await lab.run(`tasks:\n${ensure('a', undo)}${ensure('b')}`);
    expect(report).toMatchObject({ status: 'rollback-failed', error: { code: 'ROLLBACK_FAILED' } });
  });

  it('is no undoing when it cannot look', async () => {
    lab.put('b.fails');
    lab.put('other.blind');
    const undo = `, rollback: { uses: ensure@1, with: { in: "WORLD", name: other } }`;
    const report = await lab.run(`tasks:\n${ensure('a', undo)}${ensure('b')}`);
    expect(report.status).toBe('rollback-failed');
    expect(existsSync(join(lab.world, 'other'))).toBe(false);
  });

  it('sees the item of the loop whose work it undoes', async () => {
    lab.put('list', 'x y');
    lab.put('b.fails');
    const report = await lab.run(`tasks:
  - { id: list, uses: look@1, with: { in: "WORLD", name: list } }
  - id: each
    for_each: { in: tasks.list.out.list, as: w, key: w }
    uses: ensure@1
    with: { in: "WORLD", name: "\${{ w }}" }
    rollback: { uses: ensure@1, with: { in: "WORLD", name: "no-\${{ w }}" } }
${ensure('b')}`);
    expect(report.status).toBe('rolled-back');
    expect([lab.exists('no-x'), lab.exists('no-y')]).toEqual([true, true]);
  });
});

describe('an event that is over', () => {
  it('and no longer shows is drift, not a shrug', async () => {
    const left = await lab.run(
      `tasks:\n${ring('bell', 'bell')}${ensure('b')}${ensure('c')}`,
      leaveAt('task.result', 'b'),
    );
    writeFileSync(join(lab.world, 'bell'), '');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'drift', error: { facts: { task: 'bell' } } });
  });
});

describe('prechecks that stand on one another', () => {
  it('are reported by their cause', async () => {
    const report = await lab.run(`prechecks:
  - { id: first, uses: look@1, with: { in: "WORLD", name: nothing }, timeout: 30ms }
  - { id: second, uses: assert@1, with: { that: [ { expr: "tasks.first.out.text == 'x'", fail: no } ] } }
tasks:
${ensure('a')}`);
    expect(report).toMatchObject({ status: 'refused', error: { code: 'WAIT_TIMEOUT' } });
    const second = (await lab.records(report.id)).find(({ task }) => task === 'second');
    expect(second).toMatchObject({ data: { error: { code: 'NOT_LOOKED_AT', facts: { needs: 'first' } } } });
  });
});

describe('a child that was left', () => {
  it('ends when its parent is cancelled', async () => {
    lab.child('part', `tasks:\n${ensure('b')}${ensure('c')}`);
    lab.put('c.slow');
    const controller = new AbortController();
    let child = '';
    const run = lab.run(`tasks:\n${ensure('a')}  - { id: part, uses: "playbook:./part.yaml" }\n`, {
      signal: controller.signal,
      onRecord: (record) => {
        if (record.type === 'task.intent' && record.data.child) child = record.data.child;
      },
    });
    await until('the child is at work', () => lab.deeds().includes('apply c'));
    controller.abort({ by: 'SIGTERM', how: 'leave', why: null });
    const left = await run;
    expect(await lab.cancel(left.id ?? '')).toMatchObject({ status: 'cancelled' });
    expect(await lab.parts.store.summary(child)).toMatchObject({ status: 'cancelled' });
  });
});
