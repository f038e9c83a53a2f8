import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildCrashProgram, type CrashProgram } from '../harness/build-crash-program.ts';
import { failureOf } from '../harness/failure-of.ts';
import { MatrixWorld } from '../harness/matrix-lab.ts';

const task = (id: string, more = '') => `{ id: ${id}, uses: work@1, with: { in: "WORLD", name: ${id} }${more} }`;
const ab = `tasks:\n  - ${task('a')}\n  - ${task('b')}\n`;
const tidy = `finally:\n  - ${task('tidy')}\n`;
const child = `tasks:\n  - ${task('one')}\n  - ${task('two')}\n`;

let program: CrashProgram;
let world: MatrixWorld;
beforeAll(async () => {
  program = await buildCrashProgram('matrix-program');
});
afterAll(() => program.remove());
beforeEach(async () => {
  world = await MatrixWorld.make(child);
});
afterEach(() => world.remove());

describe('what runs at every end', () => {
  it('is not undone with the rest, and runs again after it', async () => {
    world.lab.put('b.apply.fails');
    const failed = await world.run(`on_failure: stop\n${ab}${tidy}`);
    expect(failed).toMatchObject({ status: 'failed' });
    expect(await world.lab.rollback(failed.id ?? '')).toMatchObject({ status: 'rolled-back' });
    expect(world.deeds('undo')).toEqual(['b', 'a']);
    expect(world.present(['a', 'b', 'tidy'])).toEqual(['tidy']);
  });

  it('is made again after a resume, whatever has become of it since: that is no drift', async () => {
    world.lab.put('b.apply.fails');
    const failed = await world.run(`on_failure: stop\n${ab}${tidy}`);
    world.lab.remove('b.apply.fails');
    world.lab.remove('tidy');
    expect(await world.lab.resume(failed.id ?? '')).toMatchObject({ status: 'succeeded' });
    expect(world.present(['a', 'b', 'tidy'])).toEqual(['a', 'b', 'tidy']);
  });

  it('may change things although a hold of the run is over', async () => {
    const held = `  - { id: held, uses: pause@1, with: { in: "WORLD" } }\n`;
    const freed = `  - { id: freed, uses: resume@1, with: { in: "WORLD" }, releases: held }\n`;
    expect(await world.run(`${ab}${held}${freed}${tidy}`)).toMatchObject({ status: 'succeeded' });
    expect(world.lab.exists('tidy')).toBe(true);
  });
});

describe('a child run that could not be undone', () => {
  it('is tried again when its parent is rolled back again', async () => {
    world.lab.put('b.apply.fails');
    world.lab.put('one.undo.fails');
    const body = `tasks:\n  - { id: part, uses: "playbook:./part.yaml" }\n  - ${task('b')}\n`;
    const failed = await world.run(body);
    expect(failed).toMatchObject({ status: 'rollback-failed' });
    world.lab.remove('one.undo.fails');
    expect(await world.lab.rollback(failed.id ?? '')).toMatchObject({ status: 'rolled-back' });
    expect(world.present(['one', 'two', 'b'])).toEqual([]);
  });
});

describe('an event that was proved not to have happened', () => {
  it('and was begun again, and cut off again, is looked for again: it does not happen twice', async () => {
    const bell = `tasks:\n  - { id: bell, uses: event@1, with: { in: "WORLD", name: bell } }\n`;
    world.lab.put('bell.apply.dies');
    await world.runApart(program.file, bell);
    expect(world.lab.exists('bell')).toBe(false);
    const [run] = await world.lab.parts.store.list({ limit: 1 });
    const id = run?.id ?? '';
    world.lab.put('bell.done.dies');
    await world.runApart(program.file, bell, id);
    expect(world.lab.exists('bell')).toBe(true);
    expect(await world.lab.resume(id)).toMatchObject({ status: 'succeeded' });
    expect(world.lab.read('bell').trim().split('\n')).toHaveLength(1);
  });
});

describe('a probe whose process died when it had just seen everything', () => {
  it('does not make a run fail that has done its work: its outputs say null', async () => {
    const watched = `probes:
  - { id: eye, uses: watch@1, with: { in: "WORLD", name: a }, from: a, until: a }
${ab}outputs: { seen: "\${{ probes.eye.out.seen }}" }
`;
    // The sixth record would be the probe's: run, lease, and three of task a come before.
    const run = await world.killApart(program.file, watched, { call: 'write', nth: 6 });
    expect((await world.lab.trail(run)).at(-1)).toBe('task.result a');
    expect(await world.lab.resume(run)).toMatchObject({ status: 'succeeded', outputs: { seen: null } });
  });
});

describe('a run that was killed before its first record', () => {
  it('is not resumed: nobody knows what it was about', async () => {
    const playbook = await world.lab.order(ab);
    const { store } = world.lab.parts;
    const { name, version, source, file } = playbook.playbook;
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const about = { id, playbook: name, version, cluster: 'demo', actor: 'tester', reason: null, source, file };
    await (await store.create(about)).close();
    const refusal = await failureOf(world.lab.resume(id));
    expect(refusal).toMatchObject({ code: 'RUN_NEVER_BEGAN' });
    expect(refusal.hint).toContain('start it again');
    expect(world.deeds('apply')).toEqual([]);
  });
});
