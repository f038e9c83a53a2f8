import { describe, expect, it } from 'vitest';
import { runView } from '../../../src/report/run-view.ts';
import { checked, created, failing, intent, journal, result } from '../output/a-run.ts';

describe('runView', () => {
  it('folds a journal into tasks, items, error and rollback', () => {
    expect(runView(failing)).toMatchObject({
      id: '01KAGX2Q9T4E8R7W6Z5Y3V1B0N',
      status: 'rolled-back',
      playbook: 'init-cluster',
      version: '1.0.0',
      cluster: 'demo',
      actor: 'alice',
      reason: 'ticket 7',
      started_at: '2026-11-20T12:03:04.000Z',
      ended_at: '2026-11-20T12:03:18.000Z',
      inputs: { members: 2 },
      changed: false,
      tasks: [
        { id: 'host', item: null, status: 'ok', changed: false, ms: 30 },
        { id: 'adopt', status: 'skipped', summary: 'when is false' },
        { id: 'members', item: null, status: 'expanded' },
        { id: 'members', item: 'n1', uses: 'member.ensure@1', status: 'changed', changed: true, summary: 'start n1' },
        { id: 'members', item: 'n2', status: 'failed', error: { error: 'n2 did not start' } },
      ],
      rollback: [{ id: 'members', item: 'n1', status: 'undone', why: 'remove n1', ms: 900 }],
    });
  });

  it('has no status while a run has no end, also after a resume took a stop back', () => {
    const parked = {
      type: 'run.parked',
      data: { why: 'n1 moved', status: 'drift', error: null },
    } as const;
    const resumed = { type: 'run.resumed', data: { pgdba: '', actor: '', host: '', pid: 1 } } as const;
    expect(runView(journal(created, intent('a')))).toMatchObject({
      status: null,
      ended_at: null,
      tasks: [{ status: 'begun' }],
    });
    expect(runView(journal(created, parked)).status).toBe('drift');
    expect(runView(journal(created, parked, resumed)).status).toBe(null);
  });

  it('shows the last word about a task that was done again', () => {
    const again = journal(
      created,
      checked('a', 'x'),
      intent('a'),
      { ...result('a', 'unknown'), attempt: 1 },
      {
        ...result('a', 'changed'),
        attempt: 2,
      },
    );
    expect(runView(again).tasks).toMatchObject([{ id: 'a', status: 'changed', attempt: 2 }]);
  });
});
