import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { onTestFinished } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { fileStore } from '../../../src/journal/file-store.ts';
import type { NewRecord } from '../../../src/journal/record.ts';
import { runPaths } from '../../../src/journal/run-directory.ts';
import type { JournalStore, NewRun } from '../../../src/journal/store.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';

/** A home of its own, removed after the test. */
export function freshHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'pgdba-journal-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** A file store over a fresh home, with a clock that moves one second at every look. */
export function fileWorld({ home = freshHome(), redactor = new Redactor() } = {}) {
  const store = fileStore({ home, redactor, now: tickingClock() });
  return {
    home,
    redactor,
    store,
    paths: (run: string) => runPaths(home, run),
    index: join(home, 'runs', 'index.jsonl'),
  };
}

export function tickingClock(): () => number {
  let now = Date.parse('2026-01-01T00:00:00Z');
  return () => (now += 1000);
}

export function newRun(over: Partial<NewRun> = {}): NewRun {
  return {
    id: ulid(),
    playbook: 'switchover',
    version: '1.0.0',
    cluster: 'demo',
    actor: 'anna',
    reason: null,
    source: 'name: switchover\n',
    file: 'playbooks/switchover.yaml',
    ...over,
  };
}

export const created: NewRecord<'run.created'> = {
  type: 'run.created',
  data: {
    pgdba: '0.1.0',
    playbook: { name: 'switchover', version: '1.0.0', sha256: 'ab', risk: 'disruptive' },
    inputs: { max_lag: 1048576 },
    target: null,
    actor: 'anna',
    host: 'box',
    reason: null,
    consent: 'yes',
  },
};

export function intent(
  task: string,
  params: NewRecord<'task.intent'>['data']['params'] = {},
): NewRecord<'task.intent'> {
  return {
    type: 'task.intent',
    task,
    attempt: 1,
    data: { uses: 'sql@1', params, memo: null, pivot: false, hold: false },
  };
}

export function result(task: string, out: NewRecord<'task.result'>['data']['out'] = {}): NewRecord<'task.result'> {
  return { type: 'task.result', task, attempt: 1, data: { outcome: 'changed', out, error: null, warnings: [], ms: 3 } };
}

export function checked(task: string): NewRecord<'task.checked'> {
  return { type: 'task.checked', task, attempt: 1, data: { is: 'change', summary: 'a change — größer', diff: null } };
}

export const ended: NewRecord<'run.ended'> = {
  type: 'run.ended',
  data: { status: 'succeeded', changed: true, outputs: { type: 'switchover' }, error: null, head: '' },
};

/** A run with these records, its journal closed. */
export async function writtenRun(store: JournalStore, records: readonly NewRecord[], over: Partial<NewRun> = {}) {
  const run = newRun(over);
  const journal = await store.create(run);
  for (const record of records) await journal.append(record);
  await journal.close();
  return run.id;
}

/** What the action throws, which must be one of ours. */
export async function failure(action: () => Promise<unknown>): Promise<PgdbaError> {
  try {
    await action();
  } catch (thrown) {
    if (thrown instanceof PgdbaError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}
