import { type ErrorData, PgdbaError } from '../errors/pgdba-error.ts';

/** What must hold while a probe watches was not seen to hold. */
export function probeBroken(probe: string, must: string, problem: string): ErrorData {
  return new PgdbaError('PROBE_BROKEN', {
    facts: { probe, must, problem },
    hint: 'what it saw is in the run: pgdba runs show',
  }).toData();
}
