import { describe, expect, it } from 'vitest';
import { reportRun } from '../../../src/engine/report-run.ts';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import type { EndStatus } from '../../../src/journal/record.ts';
import type { Playbook } from '../../../src/playbook/playbook.ts';

const playbook = { name: 'work', version: '1.0.0' } as Playbook;

function hintOf(status: EndStatus, code: 'COMMAND_FAILED' | 'CONNECTION_LOST', hint: string): string {
  const facts = { program: 'x', exit: 1, server: 'n1', problem: 'no', task: 'drain' };
  const error = new PgdbaError(code, { facts, hint }).toData();
  const left = { ended: { status, changed: true, outputs: null, error } };
  return reportRun({ id: 'RUN', playbook, cluster: 'demo' }, left, true).error?.hint ?? '';
}

describe('the hint at the end of a run', () => {
  it('is the resume that goes on, with the word that a program which failed needs', () => {
    expect(hintOf('failed', 'CONNECTION_LOST', 'mend it')).toBe('mend it; then: pgdba runs resume RUN');
    expect(hintOf('failed', 'COMMAND_FAILED', '')).toBe('then: pgdba runs resume RUN --resolve drain=not-done');
  });

  it('names no resume when there is nothing left to resume', () => {
    expect(hintOf('rolled-back', 'COMMAND_FAILED', 'mend it')).toBe('mend it');
    expect(hintOf('partly-rolled-back', 'COMMAND_FAILED', 'mend it')).toBe('mend it');
  });

  it('says how a rollback that failed is tried again, or ended by hand', () => {
    expect(hintOf('rollback-failed', 'COMMAND_FAILED', 'mend it')).toBe(
      'mend it; then: pgdba runs rollback RUN; or undo the rest by hand and say so: pgdba lease ack RUN --reason "…"',
    );
  });
});
