import { asPgdbaError, PgdbaError } from '../../errors/pgdba-error.ts';
import type { Json } from '../../journal/record.ts';
import type { Task } from '../../playbook/playbook.ts';
import type { DriveContext } from '../drive-context.ts';
import { observe } from '../observe.ts';
import { renderParams } from '../params.ts';
import { plainResult } from '../plain-result.ts';
import { scopeOf } from '../scope.ts';

/** One precheck. Its failure is recorded, not thrown: all prechecks run and are reported together. */
export async function runPrecheck(drive: DriveContext, task: Task, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  const record = (out: Json, error: ReturnType<typeof asPgdbaError> | null) =>
    drive.append({
      type: 'precheck.result',
      task: task.id,
      data: {
        outcome: error ? 'failed' : 'ok',
        out,
        error: error?.toData() ?? null,
        ms: Math.round(performance.now() - began),
      },
    });
  try {
    const step = drive.step(task);
    const scope = scopeOf(drive.parts.journal.run, drive.state, null);
    if (task.when && task.when.evaluate(scope) === false) return void (await record(null, null));
    const params = await renderParams(step, task.with, scope);
    const answer = await observe(drive, { step, task: task.id, item: null, attempt: 1, params, signal }, task.timeout);
    await record(await plainResult(drive, step, answer.result), null);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    await record(null, consequence(drive, thrown) ?? asPgdbaError(thrown));
  }
}

/** It reads what another precheck would have found: that one is to be put right. */
function consequence({ state }: DriveContext, thrown: unknown): PgdbaError | null {
  const { code, facts } = asPgdbaError(thrown);
  const needs = code === 'EXPRESSION_FAILED' ? facts['task'] : undefined;
  if (typeof needs !== 'string' || !state.prechecks.get(needs)?.error) return null;
  return new PgdbaError('NOT_LOOKED_AT', { facts: { needs }, hint: `put right what ${needs} finds` });
}
