import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineLab } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';

const task = (retry: string) =>
  `tasks:\n  - { id: a, uses: ensure@1, with: { in: "WORLD", name: a }, retry: { ${retry} } }\n`;

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
});
afterEach(() => home.remove());

describe('a task with retry', () => {
  it('is tried again after an error that passes, and the journal tells each attempt', async () => {
    lab.put('a.flaky', '2');
    const report = await lab.run(task('max: 3, backoff: 1ms..4ms'));
    expect(report).toMatchObject({ status: 'succeeded', changed: true });
    expect(lab.deeds()).toEqual(['apply a', 'apply a', 'apply a']);
    const trail = await lab.trail(report.id);
    expect(trail.filter((line) => line === 'task.retry a')).toHaveLength(2);
    const attempts = (await lab.records(report.id)).filter(({ type }) => type === 'task.intent');
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it('fails once it has had its attempts, and is undone', async () => {
    lab.put('a.flaky', '9');
    const report = await lab.run(task('max: 2, backoff: 1ms..1ms'));
    expect(report).toMatchObject({ status: 'rolled-back', error: { code: 'CONNECTION_LOST' } });
    expect(lab.deeds().filter((deed) => deed === 'apply a')).toHaveLength(3);
  });

  it('is not tried again after an error of another class', async () => {
    lab.put('a.fails');
    const report = await lab.run(task('max: 2, backoff: 1ms..1ms'));
    expect(report.error?.code).toBe('COMMAND_FAILED');
    expect(lab.deeds().filter((deed) => deed === 'apply a')).toHaveLength(1);
  });

  it('is tried again after the classes its author names', async () => {
    lab.put('a.fails');
    const report = await lab.run(task('max: 1, backoff: 1ms..1ms, errors: [permanent]'));
    expect(report.error?.code).toBe('COMMAND_FAILED');
    expect(lab.deeds().filter((deed) => deed === 'apply a')).toHaveLength(2);
  });

  it('does not keep a cancelled run waiting', async () => {
    lab.put('a.flaky', '9');
    const controller = new AbortController();
    const report = await lab.run(task('max: 2, backoff: 1h..1h'), {
      signal: controller.signal,
      onRecord: ({ type }) => {
        if (type === 'task.result') setTimeout(() => controller.abort({ by: 'SIGTERM', how: 'leave', why: null }), 5);
      },
    });
    expect(report.status).toBe('interrupted');
    lab.put('a.flaky', '0');
    expect(await lab.resume(report.id ?? '')).toMatchObject({ status: 'succeeded' });
  });
});
