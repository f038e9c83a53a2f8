import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/inventory/cluster.ts';
import { livingChildren } from '../../../src/journal/children.ts';
import type { AnyRecord } from '../../../src/journal/record.ts';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { until } from '../../harness/until.ts';

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
/** Cancels as soon as the world looks like this. */
function cancelOnce(condition: () => boolean) {
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (!condition()) return;
    clearInterval(timer);
    controller.abort('SIGINT');
  }, 2);
  return { signal: controller.signal };
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
});

describe('a run about a cluster', () => {
  const disruptive = `risk: disruptive\n${abc}`;
  const entry = (id: string): Cluster => ({
    id,
    name: 'demo',
    provider: 'local',
    managed: true,
    protected: false,
    environment: null,
    labels: {},
    system_identifier: null,
    pg_major: 15,
    directory: join(lab.home, 'nowhere'),
    members: [{ name: 'n1', host: '127.0.0.1', port: 1, rest_port: 1 }],
    services: [],
    secrets: {},
    created_at: '2026-11-20T00:00:00.000Z',
    created_by_run: id,
  });
  const left = async () => {
    await lab.parts.inventory.register(entry('01ARZ3NDEKTSV4RRFFQ69G5FAV'));
    return lab.run(disruptive, { ...cancelAt(at('task.result', 'a')), cluster: 'demo', yes: true });
  };

  it('is finished by a resume', async () => {
    const { id } = await left();
    expect(await lab.resume(id ?? '')).toMatchObject({ status: 'succeeded', cluster: 'demo' });
  });

  it('keeps account of the programs it starts, for the drive that comes after its death', async () => {
    await lab.parts.inventory.register(entry('01ARZ3NDEKTSV4RRFFQ69G5FAV'));
    const controller = new AbortController();
    let id = '';
    const running = lab.run(`tasks:\n  - { id: sleep, uses: program@1, with: { argv: [sleep, "61"] } }\n`, {
      cluster: 'demo',
      signal: controller.signal,
      onRecord: ({ run }) => {
        id = run;
      },
    });
    const children = () => (id === '' ? [] : livingChildren(join(lab.home, 'runs', id, 'children')));
    const [child] = await until('the child to be noted', () => (children().length > 0 ? children() : null));
    expect(child?.argv0).toBe('sleep');
    controller.abort('SIGINT');
    await running;
    expect(children()).toEqual([]);
  });

  it('is not resumed on another cluster that has taken the name', async () => {
    const { id } = await left();
    await lab.parts.inventory.forget('01ARZ3NDEKTSV4RRFFQ69G5FAV');
    await lab.parts.inventory.register(entry('01BX5ZZKBKACTAV9WEVGEMMVRZ'));
    await expect(lab.resume(id ?? '')).rejects.toMatchObject({ code: 'RUN_STALE' });
  });

  it('is not resumed when it is disruptive and another run has worked on the cluster since', async () => {
    const { id } = await left();
    await lab.run(`tasks:\n${ensure('other')}`, { cluster: 'demo' });
    await expect(lab.resume(id ?? '')).rejects.toMatchObject({ code: 'RUN_SUPERSEDED', facts: { playbook: 'lab' } });
  });

  it('is resumed although others have looked at the cluster since and changed nothing', async () => {
    const { id } = await left();
    lab.put('there');
    await lab.run(`tasks:\n${ensure('there')}`, { cluster: 'demo' });
    expect(await lab.resume(id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('can be ended when the world has gone on without it, and then does nothing any more', async () => {
    const { id } = await left();
    await lab.run(`tasks:\n${ensure('other')}`, { cluster: 'demo' });
    const before = lab.deeds();
    expect(await lab.cancel(id ?? '')).toMatchObject({ status: 'cancelled' });
    expect(lab.deeds()).toEqual(before);
  });
});

describe('an event', () => {
  const bell = `tasks:\n  - { id: bell, uses: ring@1, with: { in: "WORLD", name: bell } }\n${ensure('a')}`;
  const rings = () => (lab.exists('bell') ? lab.read('bell').trim().split('\n').length : 0);

  it('that happened before the crash is found, and does not happen twice', async () => {
    lab.put('bell.slow');
    const left = await lab.run(
      bell,
      cancelOnce(() => lab.exists('bell')),
    );
    expect(left.status).toBe('interrupted');
    lab.remove('bell.slow');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
    expect(rings()).toBe(1);
  });

  it('that is proved not to have happened is done by the resume', async () => {
    lab.put('bell.dead');
    const left = await lab.run(bell, cancelAt(at('task.intent', 'bell')));
    lab.remove('bell.dead');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'succeeded' });
    expect(rings()).toBe(1);
  });

  it('that nobody can prove parks the run until an operator says what he knows', async () => {
    lab.put('bell.slow');
    const left = await lab.run(
      bell,
      cancelOnce(() => lab.exists('bell')),
    );
    lab.remove('bell.slow');
    lab.put('bell.mute');
    const parked = await lab.resume(left.id ?? '');
    expect(parked).toMatchObject({ status: 'needs-decision', error: { code: 'NEEDS_DECISION' } });
    expect(parked.error?.hint).toContain('--resolve bell=done');
    const done = await lab.resume(left.id ?? '', { decisions: new Map([['bell', 'done']]) });
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(rings()).toBe(1);
  });

  it('is repeated when an operator says that it was not done', async () => {
    lab.put('bell.dead');
    const left = await lab.run(bell, cancelAt(at('task.intent', 'bell')));
    lab.remove('bell.dead');
    lab.put('bell.mute');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'needs-decision' });
    lab.remove('bell.mute');
    const decided = await lab.resume(left.id ?? '', { decisions: new Map([['bell', 'not-done']]) });
    expect(decided).toMatchObject({ status: 'succeeded' });
    expect(rings()).toBe(1);
  });

  it('that was done and is gone is drift', async () => {
    const left = await lab.run(bell, cancelAt(at('task.result', 'bell')));
    lab.remove('bell');
    expect(await lab.resume(left.id ?? '')).toMatchObject({ status: 'drift', error: { code: 'DRIFT' } });
  });

  it('at the point of no return whose end nobody knows parks the run at once', async () => {
    lab.put('bell.mute');
    const body = bell.replace('name: bell } }', 'name: bell }, pivot: true }');
    const report = await lab.run(body);
    expect(report).toMatchObject({ status: 'needs-decision', error: { code: 'NEEDS_DECISION' } });
  });

  it('proved not to have happened un-passes the pivot: what came before is rolled back', async () => {
    lab.put('bell.dead');
    const body = `tasks:\n${ensure('a')}  - { id: bell, uses: ring@1, with: { in: "WORLD", name: bell }, pivot: true, timeout: 100ms }\n`;
    expect(await lab.run(body)).toMatchObject({ status: 'partly-rolled-back' });
    expect(lab.exists('a')).toBe(false);
  });

  it('cannot be decided when the run has no such task', async () => {
    const left = await lab.run(bell, cancelAt(at('task.result', 'bell')));
    const decisions = new Map([['ball', 'done' as const]]);
    await expect(lab.resume(left.id ?? '', { decisions })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a probe', () => {
  const probed = (name: string) => `probes:
  - { id: eye, uses: watch@1, with: { in: "WORLD", name: ${name} }, from: b, until: b }
tasks:
${ensure('a')}${ensure('b')}${ensure('c')}outputs: { seen: "\${{ probes.eye.out.seen }}" }
`;

  it('watches from before its first task to after its last', async () => {
    const report = await lab.run(probed('b'));
    expect(report).toMatchObject({ status: 'succeeded', outputs: { seen: true } });
    const trail = await lab.trail(report.id);
    expect(trail.indexOf('probe.result eye')).toBeGreaterThan(trail.indexOf('task.result b'));
    expect(trail.indexOf('probe.result eye')).toBeLessThan(trail.indexOf('task.intent c'));
  });

  it('ends before what comes later', async () => {
    expect(await lab.run(probed('c'))).toMatchObject({ outputs: { seen: false } });
  });

  it('that breaks does not fail the run: its outputs say null', async () => {
    lab.put('b.fails');
    const report = await lab.run(probed('b').replace('from: b, until: b', 'from: a, until: a'));
    expect(report.status).toBe('rolled-back');
    lab.remove('b.fails');
    lab.put('eye.fails');
    const again = await lab.run(probed('eye'));
    expect(again).toMatchObject({ status: 'succeeded', outputs: { seen: null } });
  });

  it('is ended, and its result kept, when the run fails while it watches', async () => {
    lab.put('b.fails');
    const report = await lab.run(probed('b').replace('name: b }, from', 'name: a }, from'));
    expect(report.status).toBe('rolled-back');
    expect(await lab.trail(report.id)).toContain('probe.result eye');
  });
});
