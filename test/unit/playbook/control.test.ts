import { describe, expect, it } from 'vitest';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { testRegistry } from './steps.ts';

const header = `apiVersion: pgdba/v1
kind: Playbook
name: example
version: "1.0.0"
summary: An example.
risk: disruptive
target: cluster
`;
const load = (text: string) => loadPlaybook(header + text, 'example.yaml', testRegistry());
const make = (id: string, more = '') => `{ id: ${id}, uses: test.ensure@1, with: { member: a, name: x }${more} }`;

describe('a task', () => {
  it('is tried once, runs its items one by one and stands in no branch, unless it says otherwise', async () => {
    const { tasks, children } = await load(`tasks:\n  - ${make('one', ', for_each: { in: "[1]", as: n, key: n }')}\n`);
    expect(tasks[0]).toMatchObject({ retry: null, branch: null, for_each: { max_parallel: 1 }, timeout: 300_000 });
    expect(children.size).toBe(0);
  });

  it('is tried again after transient errors and timeouts, with pauses from 1 s to 30 s', async () => {
    const { tasks } = await load(`tasks:\n  - ${make('one', ', retry: { max: 3 }')}\n`);
    expect(tasks[0]?.retry).toEqual({
      max: 3,
      backoff: { first: 1000, longest: 30_000 },
      errors: ['transient', 'timeout'],
    });
  });

  it('says how often, how soon and after which errors it is tried again', async () => {
    const retry = 'retry: { max: 1, backoff: 250ms..1m30s, errors: [conflict, permanent, conflict] }';
    const { tasks } = await load(`tasks:\n  - ${make('one', `, ${retry}`)}\n`);
    expect(tasks[0]?.retry).toEqual({
      max: 1,
      backoff: { first: 250, longest: 90_000 },
      errors: ['conflict', 'permanent'],
    });
  });

  it('works on several items of a loop at a time', async () => {
    const loop = 'for_each: { in: "[1, 2]", as: n, key: n, max_parallel: 50 }';
    const { tasks } = await load(`tasks:\n  - ${make('one', `, ${loop}`)}\n`);
    expect(tasks[0]?.for_each?.max_parallel).toBe(50);
  });
});

describe('a parallel block', () => {
  const block = (more = '') => `tasks:
  - ${make('before')}
  - parallel:
      id: both
      ${more}
      branches:
        - - ${make('one')}
          - ${make('two')}
        - - ${make('three')}
  - ${make('after')}
`;

  it('becomes its tasks in the order of the file, each with its branch', async () => {
    const { tasks } = await load(block());
    expect(tasks.map(({ id, branch }) => [id, branch?.block, branch?.index])).toEqual([
      ['before', undefined, undefined],
      ['one', 'both', 0],
      ['two', 'both', 0],
      ['three', 'both', 1],
      ['after', undefined, undefined],
    ]);
  });

  it.each([
    ['all at a time', '', 2],
    ['as many as it says', 'max_parallel: 1', 1],
    ['no more than it has', 'max_parallel: 9', 2],
  ])('works on its branches: %s', async (_, more, expected) => {
    const { tasks } = await load(block(more));
    expect(tasks.flatMap(({ branch }) => branch?.max_parallel ?? [])).toEqual([expected, expected, expected]);
  });
});

describe('a probe', () => {
  const probe = (more = '') =>
    `probes: [{ id: writes, uses: test.probe@1, from: one, until: one${more} }]\ntasks:\n  - ${make('one')}\n`;

  it('judges nothing unless it says what must hold', async () => {
    expect((await load(probe())).probes[0]?.must).toBeNull();
  });

  it('judges its own result, beside everything that is done', async () => {
    const must = 'probes.writes.out.longest_gap_ms < ms("1s") && tasks.one.out.created';
    const [writes] = (await load(probe(`, must: '${must}'`))).probes;
    const scope = (gap: number) => ({
      inputs: {},
      run: { id: '01R' },
      tasks: { one: { status: 'ok', changed: true, out: { created: true } } },
      probes: { writes: { out: { longest_gap_ms: gap } } },
    });
    expect(writes?.must?.text).toBe(must);
    expect([999, 1000].map((gap) => writes?.must?.evaluate(scope(gap)))).toEqual([true, false]);
  });
});
