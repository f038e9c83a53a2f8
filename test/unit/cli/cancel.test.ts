import { describe, expect, it } from 'vitest';
import { RunWatch } from '../../../src/cli/run-watch.ts';
import type { Services } from '../../../src/cli/services.ts';
import type { AnyRecord, NewRecord } from '../../../src/journal/record.ts';
import type { JournalStore, RunSummary } from '../../../src/journal/store.ts';
import { created, intent, journal, result } from '../output/a-run.ts';
import { pgdba, runId } from './a-program.ts';

const parked: NewRecord<'run.parked'> = {
  type: 'run.parked',
  data: { why: 'its process was told to', status: 'interrupted', error: null },
};
const ended: NewRecord<'run.ended'> = {
  type: 'run.ended',
  data: { status: 'failed', changed: true, outputs: null, error: null, head: '' },
};

/** A store that knows one run, which nobody drives. */
function left(records: readonly AnyRecord[], parent: string | null = null): Partial<Services> {
  const summary: RunSummary & { pid: null } = {
    id: runId,
    playbook: 'switchover',
    version: '1.0.0',
    cluster: 'demo',
    status: 'interrupted',
    changed: null,
    actor: 'alice',
    reason: null,
    started_at: '2026-11-20T12:03:04.000Z',
    ended_at: null,
    parent,
    pid: null,
  };
  const answers: Partial<JournalStore> = {
    resolve: async () => runId,
    summary: async () => summary,
    list: async () => [summary],
    read: async () => records,
  };
  return { store: async () => answers as JournalStore };
}

const cancel = (words: readonly string[], services: Partial<Services>) =>
  pgdba(['runs', 'cancel', 'last', '--quiet', ...words], { services });

describe('runs cancel of a run that nobody drives', () => {
  const services = left(journal(created, intent('members'), parked));

  it('has it ended from here, with who asks and why', async () => {
    const call = await cancel(['--reason', 'ticket 7'], services);
    expect(call.exit).toBe(130);
    expect(call.cancels).toMatchObject([{ run: runId, how: null, reason: 'ticket 7', named: false }]);
    expect((await cancel(['--rollback', '--name', 'demo', '--confirm'], services)).cancels).toMatchObject([
      { how: 'rollback', name: 'demo', named: true, confirm: true },
    ]);
  });

  it('leaves alone what was left', async () => {
    const call = await cancel(['--leave'], services);
    expect({ exit: call.exit, cancels: call.cancels }).toEqual({ exit: 130, cancels: [] });
    expect(JSON.parse(call.stdout).run).toMatchObject({ id: runId, status: 'interrupted', changed: true });
  });

  it('says of a killed one that its process is gone', async () => {
    const call = await cancel(['--leave'], left(journal(created, intent('members'))));
    expect(JSON.parse(call.stdout)).toMatchObject({
      code: 'INTERRUPTED',
      hint: `its process is gone; go on with: pgdba runs resume ${runId}`,
    });
  });

  it('is refused for what has ended, and for a part of another run', async () => {
    const over = await cancel([], left(journal(created, intent('members'), ended)));
    expect(JSON.parse(over.stdout)).toMatchObject({
      code: 'NOTHING_TO_CANCEL',
      hint: `undo what it did with: pgdba runs rollback ${runId}`,
    });
    const child = await cancel([], left(journal(created, parked), 'THEPARENT'));
    expect(JSON.parse(child.stdout)).toMatchObject({ code: 'USAGE', hint: 'pgdba runs cancel THEPARENT' });
    expect(JSON.parse((await cancel(['--leave', '--rollback'], services)).stdout).code).toBe('USAGE');
  });
});

describe('--check of a verb that is one act', () => {
  it.each(['resume', 'rollback', 'cancel', 'approve', 'reject'])('is not offered by runs %s', async (verb) => {
    const { stdout } = await pgdba(['runs', verb, '--help']);
    expect(stdout).toContain('--format');
    expect(stdout).not.toMatch(/--check|--out|--plan <file>|--override/);
  });

  it.each([
    ['cancel', '--leave'],
    ['approve', '--quiet'],
    ['reject', '--reason=no'],
  ])('runs %s does nothing and says so', async (verb, option) => {
    const call = await pgdba(['runs', verb, 'last', option, '--dry-run']);
    expect({ exit: call.exit, cancels: call.cancels }).toEqual({ exit: 2, cancels: [] });
    expect(JSON.parse(call.stdout).hint).toBe('see how it stands: pgdba runs show last');
  });
});

describe('runs approvals', () => {
  it('shows what waits, the hash short enough to read', async () => {
    const data = {
      question: 'Hand the primary role to n2?',
      form: { window: { type: 'string' } },
      plan: '3f9a1c0b77d24e5f3f9a1c0b77d24e5f3f9a1c0b77d24e5f3f9a1c0b77d24e5f',
      requested_by: 'alice',
      expires_at: '2026-11-21T12:00:00.000Z',
    };
    const services = left(journal(created, { type: 'approval.asked', task: 'agree', data }, parked));
    const table = (await pgdba(['runs', 'approvals', '--format', 'table'], { services })).stdout;
    expect(table).toContain('3f9a1c0b77d2');
    expect(table).not.toContain(data.plan);
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(JSON.parse((await pgdba(['runs', 'approvals'], { services })).stdout).data.approvals).toMatchObject([
      { run: runId, task: 'agree', requested_by: 'alice', plan: data.plan, form: ['window'] },
    ]);
  });
});

describe('what a run is busy with', () => {
  const heard = (...records: NewRecord[]) => {
    const watch = new RunWatch();
    for (const record of journal(...records)) watch.heard(record);
    return watch.sentence(new Set(['promote']));
  };

  it('names the task that keeps it, above all one that may not be interrupted', () => {
    expect(heard(created)).toBe('it stops at the next safe point');
    expect(heard(created, intent('members'))).toBe('it is ending task members');
    expect(heard(created, intent('promote'), intent('members'))).toContain('it waits for task promote');
    expect(heard(created, intent('promote'), result('promote', 'changed'))).toBe('it stops at the next safe point');
    const undo: NewRecord<'rollback.intent'> = { type: 'rollback.intent', task: 'members', data: { summary: 'undo' } };
    expect(heard(created, { type: 'rollback.begun', data: { why: 'x' } }, undo)).toBe(
      'it undoes what it did, now task members',
    );
  });
});
