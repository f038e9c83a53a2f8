import type { AnyRecord, NewRecord } from '../../../src/journal/record.ts';

export const start = Date.parse('2026-11-20T12:03:04.000Z');

/** Records as a journal would hold them, one second apart. */
export function journal(...records: NewRecord[]): AnyRecord[] {
  return records.map(
    (record, at) =>
      ({
        v: 1,
        seq: at + 1,
        ts: new Date(start + at * 1000).toISOString(),
        run: '01KAGX2Q9T4E8R7W6Z5Y3V1B0N',
        ...record,
        prev: '',
        hash: '',
      }) as AnyRecord,
  );
}

export const created: NewRecord<'run.created'> = {
  type: 'run.created',
  data: {
    pgdba: '0.1.0',
    playbook: { name: 'init-cluster', version: '1.0.0', sha256: '', risk: 'safe' },
    inputs: { members: 2 },
    target: { name: 'demo' },
    actor: 'alice',
    host: 'db1',
    reason: 'ticket 7',
    consent: 'not needed: safe',
  },
};

export function checked(task: string, summary: string, item?: string): NewRecord<'task.checked'> {
  return {
    type: 'task.checked',
    task,
    ...(item === undefined ? {} : { item }),
    data: { is: 'change', summary, diff: null },
  };
}

export function intent(task: string, item?: string): NewRecord<'task.intent'> {
  return {
    type: 'task.intent',
    task,
    ...(item === undefined ? {} : { item }),
    data: { uses: 'member.ensure@1', params: {}, memo: {}, pivot: false, hold: false },
  };
}

export function result(
  task: string,
  outcome: 'ok' | 'changed' | 'failed' | 'unknown',
  rest: { item?: string; error?: string; ms?: number } = {},
): NewRecord<'task.result'> {
  const error = rest.error
    ? ({ code: 'TASK_FAILED', class: 'permanent', error: rest.error, facts: {}, hint: '' } as const)
    : null;
  return {
    type: 'task.result',
    task,
    ...(rest.item === undefined ? {} : { item: rest.item }),
    data: { outcome, out: {}, error, warnings: [], ms: rest.ms ?? 1200 },
  };
}

/** A loop whose second item fails, and its rollback. */
export const failing: AnyRecord[] = journal(
  created,
  { type: 'precheck.result', task: 'host', data: { outcome: 'ok', out: {}, error: null, ms: 30 } },
  { type: 'task.skipped', task: 'adopt', data: { why: 'when is false' } },
  {
    type: 'task.expanded',
    task: 'members',
    data: {
      items: [
        { key: 'n1', value: 'n1' },
        { key: 'n2', value: 'n2' },
      ],
    },
  },
  checked('members', 'start n1', 'n1'),
  intent('members', 'n1'),
  result('members', 'changed', { item: 'n1' }),
  checked('members', 'start n2', 'n2'),
  intent('members', 'n2'),
  result('members', 'failed', { item: 'n2', error: 'n2 did not start' }),
  { type: 'rollback.begun', data: { why: 'task members failed' } },
  { type: 'rollback.intent', task: 'members', item: 'n1', data: { summary: 'remove n1' } },
  {
    type: 'rollback.result',
    task: 'members',
    item: 'n1',
    data: { outcome: 'undone', why: null, error: null, ms: 900 },
  },
  { type: 'rollback.ended', data: { outcome: 'complete' } },
  {
    type: 'run.ended',
    data: { status: 'rolled-back', changed: false, outputs: {}, error: null, head: '' },
  },
);
