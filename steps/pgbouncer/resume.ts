import { PgdbaError, type PoolerAct } from '../../src/step/index.ts';

/** RESUME; of a pooler that is not paused it is no error. Errors: CONNECT_FAILED, CONNECTION_LOST, SQL_FAILED. */
export async function resume(pooler: PoolerAct): Promise<void> {
  try {
    await pooler.command('RESUME');
  } catch (thrown) {
    // PgBouncer says 08P01 for every refusal, so its words must tell them apart; they are never translated.
    if (!isRefusal(thrown) || !/not paused/i.test(String(thrown.facts['problem']))) throw thrown;
  }
}

/** RESUME to all of them, then the first error, if any: one that does not answer must not keep the others paused. */
export async function resumeAll(poolers: readonly PoolerAct[]): Promise<void> {
  const outcomes = await Promise.allSettled(poolers.map(resume));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** The console answered, and the answer was no. */
export function isRefusal(thrown: unknown): thrown is PgdbaError {
  return thrown instanceof PgdbaError && thrown.code === 'SQL_FAILED';
}
