import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Placed } from './problems.ts';
import type { Source } from './source.ts';

/** What the grammar has and this version cannot execute yet. */
export const notYet = {
  schedules: 'a schedule (kind: Schedule)',
  must: 'a probe that judges (must)',
  retry: 'a retry',
  parallel: 'a parallel block',
  childRuns: 'a child run (uses: playbook:PATH)',
  approve: 'approve@1',
  parallelLoops: 'a parallel loop (max_parallel above 1)',
} as const;

export interface NotYet {
  readonly feature: keyof typeof notYet;
  readonly at: Placed;
}

/** Throws NOT_YET for the first of them in the file. */
export function refuseNotYet(used: readonly NotYet[], source: Source): void {
  const [first] = used.toSorted((a, b) => a.at.start - b.at.start);
  if (!first) return;
  const { line, col } = source.place(first.at.start);
  throw new PgdbaError('NOT_YET', {
    facts: { feature: notYet[first.feature], file: source.file, line, col },
    hint: 'the playbook is valid; take this part out to run it with this version',
  });
}
