import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Change, Satisfied } from '../step/answers.ts';
import type { DriveContext } from './drive-context.ts';
import { lend } from './lend.ts';
import { settle, settleTimes } from './settle.ts';
import type { Verb } from './verb.ts';

/** Asks a step's check, again while it is pending. Errors: WAIT_TIMEOUT, TASK_UNKNOWN_OUTCOME, the check's own. */
export async function check(
  drive: DriveContext,
  verb: Verb,
  longestMs: number,
): Promise<Satisfied<unknown> | Change<unknown>> {
  const { step, task, item, signal } = verb;
  const answer = await settle(
    () => lend(drive, verb, (act) => step.check(act)),
    settleTimes(step, longestMs),
    signal,
    (why) =>
      drive.parts.observer.onProgress({ task, item, note: `waiting: ${why}`, done: null, total: null, unit: null }),
  );
  if (answer.is !== 'unknown') return answer;
  throw new PgdbaError('TASK_UNKNOWN_OUTCOME', {
    facts: { task, problem: answer.why },
    hint: 'make the server reachable again',
  });
}

/** The check of a step that only looks. */
export async function observe(drive: DriveContext, verb: Verb, longestMs: number): Promise<Satisfied<unknown>> {
  const answer = await check(drive, verb, longestMs);
  if (answer.is === 'satisfied') return answer;
  throw new PgdbaError('BUG', { facts: { problem: `observer ${verb.step.id} answered "${answer.is}"` } });
}
