import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { example, exampleScope } from './example.ts';
import { testRegistry } from './steps.ts';

const load = (text: string) => loadPlaybook(text, 'handover.yaml', testRegistry());

describe('loading a playbook', () => {
  it('gives a frozen playbook with durations in milliseconds and defaults filled in', async () => {
    const playbook = await load(example);
    expect(playbook).toMatchObject({
      name: 'handover',
      version: '1.2.0',
      command: ['failover trigger', 'handover'],
      risk: 'disruptive',
      target: 'cluster',
      lease: ['topology'],
      timeout: 600_000,
      on_failure: 'rollback',
      on_cancel: 'leave',
      source: example,
      file: 'handover.yaml',
      sha256: createHash('sha256').update(example).digest('hex'),
    });
    expect(Object.isFrozen(playbook) && Object.isFrozen(playbook.tasks) && Object.isFrozen(playbook.tasks[0])).toBe(
      true,
    );
  });

  it('keeps the tasks in file order, with their line', async () => {
    const { prechecks, tasks, finally: last } = await load(example);
    expect([...prechecks, ...tasks, ...last].map(({ id, line }) => [id, line])).toEqual([
      ['topology', 15],
      ['choose', 16],
      ['ready', 17],
      ['prepare', 25],
      ['move', 26],
      ['each', 34],
      ['tidy', 41],
    ]);
    expect(tasks[1]).toMatchObject({
      pivot: true,
      recheck: true,
      cancel: 'forbidden',
      timeout: 120_000,
      rollback: null,
    });
    expect(tasks[2]).toMatchObject({ recheck: false, rollback: 'none', timeout: 300_000 });
    expect(prechecks[2]?.never_override).toBe(true);
  });

  it('compiles conditions, loops, questions and parameters', async () => {
    const { tasks } = await load(example);
    const [, move, each] = tasks;
    expect(move?.when?.evaluate(exampleScope)).toBe(true);
    expect(move?.confirm?.render(exampleScope)).toBe('move from a?');
    const items = each?.for_each?.in.evaluate(exampleScope);
    expect(items).toEqual([
      { name: 'b', role: 'replica', lag: 512 },
      { name: 'c', role: 'replica', lag: null },
    ]);
    expect(each?.for_each?.key.evaluate({ standby: { name: 'b' } })).toBe('b');
    expect(each?.with.render({ ...exampleScope, standby: { name: 'b' } })).toEqual({ member: 'b', name: 'after-01R' });
  });

  it('leaves an empty optional out of parameters and says null in outputs', async () => {
    const { prechecks, outputs } = await load(example);
    expect(prechecks[1]?.with.render(exampleScope)).toEqual({ max_lag: 1048576 });
    expect(outputs.render(exampleScope)).toEqual({ type: 'handover', from: 'a', to: null, witness: null });
  });

  it('reads a file that begins with a byte order mark and ends its lines with CR LF', async () => {
    const { name, tasks } = await load(`\uFEFF${example.replaceAll('\n', '\r\n')}`);
    expect([name, tasks.length]).toEqual(['handover', 3]);
  });

  it('stops instead of rolling back when it is destructive, unless the file says otherwise', async () => {
    const destructive = example.replace('risk: disruptive', 'risk: destructive');
    expect((await load(destructive)).on_failure).toBe('stop');
    expect((await load(`${destructive}on_failure: rollback\n`)).on_failure).toBe('rollback');
  });

  it('follows aliases', async () => {
    const text = example.replace('name: flush', 'name: &label flush').replace('name: tidy', 'name: *label');
    const { finally: last } = await load(text);
    expect(last[0]?.with.source).toEqual({ member: 'a', name: 'flush' });
  });

  it('lets a task read what its own condition tests', async () => {
    const text = example.replace(
      'with: { member: a, name: tidy }, when: has(tasks.move.out)',
      'with: { member: a, name: "${{ tasks.move.out.leader }}" }, when: has(tasks.move.out)',
    );
    await expect(load(text)).resolves.toMatchObject({ name: 'handover' });
  });

  it('accepts a value or nothing for an optional parameter', async () => {
    const text = example.replace('within: 5s', 'comment: "${{ size(target.members) > 5 ? target.name : null }}"');
    const { tasks } = await load(text);
    expect(tasks[0]?.with.render(exampleScope)).toEqual({ member: 'a', name: 'flush' });
  });
});
