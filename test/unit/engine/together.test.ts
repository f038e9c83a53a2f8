import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyRecord } from '../../../src/journal/record.ts';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { until } from '../../harness/until.ts';

const ensure = (id: string, more = '') => `{ id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} }${more} }`;
const block = (branches: readonly string[][], more = '') =>
  `  - parallel:\n      id: both${more}\n      branches:\n${branches.map((tasks) => `        - [${tasks.join(', ')}]\n`).join('')}`;
const loop = (limit: number) =>
  `tasks:
  - { id: list, uses: look@1, with: { in: "WORLD", name: list } }
  - id: each
    for_each: { in: tasks.list.out.list, as: w, key: w, max_parallel: ${limit} }
    uses: ensure@1
    with: { in: "WORLD", name: "\${{ w }}" }
outputs: { done: "\${{ tasks.each.items.size() }}" }
`;

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
});
afterEach(() => home.remove());

/** Resolves when the failure of this task or item is in the journal. */
function failure(name: string) {
  let resolve: () => void = () => undefined;
  const seen = new Promise<void>((done) => {
    resolve = done;
  });
  const onRecord = ({ type, task, item }: AnyRecord) => {
    if (type === 'task.result' && (item ?? task) === name) resolve();
  };
  return { seen, onRecord };
}

const begun = () => lab.deeds().filter((deed) => deed.startsWith('apply'));
const undone = () => lab.deeds().filter((deed) => deed.startsWith('rollback'));

describe('the branches of a parallel block', () => {
  it('are worked on at the same time, and what follows waits for all of them', async () => {
    lab.put('a.waits');
    lab.put('c.waits');
    const run = lab.run(`tasks:\n${block([[ensure('a'), ensure('b')], [ensure('c')]])}  - ${ensure('d')}\n`);
    await until('the deed is done', () => begun().length === 2, 5_000);
    expect(new Set(begun())).toEqual(new Set(['apply a', 'apply c']));
    lab.put('a.go');
    await until('the deed is done', () => lab.exists('b'), 5_000);
    expect(lab.exists('d')).toBe(false);
    lab.put('c.go');
    expect(await run).toMatchObject({ status: 'succeeded' });
    expect(begun().at(-1)).toBe('apply d');
  });

  it('keep to their limit', async () => {
    lab.put('a.waits');
    const run = lab.run(`tasks:\n${block([[ensure('a')], [ensure('b')]], '\n      max_parallel: 1')}`);
    await until('the deed is done', () => begun().length === 1, 5_000);
    lab.put('a.go');
    expect(await run).toMatchObject({ status: 'succeeded' });
    expect(begun()).toEqual(['apply a', 'apply b']);
  });

  it('are undone one branch after the other when one of them fails, after the others came to rest', async () => {
    lab.put('c.waits');
    lab.put('b.fails');
    const failed = failure('b');
    const run = lab.run(
      `tasks:\n${block([
        [ensure('a'), ensure('b')],
        [ensure('c'), ensure('d')],
      ])}`,
      failed,
    );
    await failed.seen;
    lab.put('c.go');
    expect(await run).toMatchObject({ status: 'rolled-back', changed: false });
    expect(begun()).not.toContain('apply d');
    const order = undone().map((deed) => deed.split(' ')[1]);
    expect(order.toSorted()).toEqual(['a', 'b', 'c']);
    expect(order.indexOf('b')).toBe(order.indexOf('a') - 1);
  });

  it('go on where each of them was when the run is resumed', async () => {
    lab.put('b.slow');
    lab.put('c.slow');
    const controller = new AbortController();
    const run = lab.run(
      `tasks:\n${block([
        [ensure('a'), ensure('b')],
        [ensure('c'), ensure('d')],
      ])}`,
      {
        signal: controller.signal,
      },
    );
    await until('the deed is done', () => lab.deeds().includes('apply b') && lab.deeds().includes('apply c'), 5_000);
    controller.abort({ by: 'SIGINT', how: null, why: null });
    const left = await run;
    expect(left.status).toBe('interrupted');
    lab.remove('b.slow');
    lab.remove('c.slow');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
    expect(begun().filter((deed) => deed === 'apply a')).toHaveLength(1);
    expect(['a', 'b', 'c', 'd'].every((name) => lab.exists(name))).toBe(true);
    await lab.parts.store.verify(left.id ?? '');
  });
});

describe('a parallel loop', () => {
  it('works on so many items at a time, never on more', async () => {
    lab.put('list', 'x y z');
    for (const name of ['x', 'y', 'z']) lab.put(`${name}.waits`);
    const run = lab.run(loop(2));
    await until('the deed is done', () => begun().length === 2, 5_000);
    expect(begun()).toEqual(['apply x', 'apply y']);
    lab.put('y.go');
    await until('the deed is done', () => begun().length === 3, 5_000);
    lab.put('x.go');
    lab.put('z.go');
    expect(await run).toMatchObject({ status: 'succeeded', outputs: { done: 3 } });
  });

  it('is resumed item by item', async () => {
    lab.put('list', 'x y z');
    lab.put('x.slow');
    const controller = new AbortController();
    const onRecord = (record: AnyRecord) => {
      if (record.type === 'task.result' && record.item === 'z')
        controller.abort({ by: 'SIGTERM', how: 'leave', why: null });
    };
    const left = await lab.run(loop(2), { signal: controller.signal, onRecord });
    expect(left.status).toBe('interrupted');
    lab.remove('x.slow');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
    expect(begun().filter((deed) => deed !== 'apply x')).toEqual(['apply y', 'apply z']);
  });

  it('begins nothing more when an item has failed, and undoes them in reverse', async () => {
    lab.put('list', 'x y z');
    lab.put('x.waits');
    lab.put('y.fails');
    const failed = failure('y');
    const run = lab.run(loop(2), failed);
    await failed.seen;
    lab.put('x.go');
    expect(await run).toMatchObject({ status: 'rolled-back' });
    expect(begun()).not.toContain('apply z');
    expect(undone()).toEqual(['rollback y to absent', 'rollback x to absent']);
  });
});
