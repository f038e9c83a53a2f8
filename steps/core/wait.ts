import { defineStep, formatDuration, type Look, PgdbaError, pending, satisfied, Type } from '../../src/step/index.ts';

/** The last stretch is slept through, so that it ends in time. */
const lastMs = 250;

/**
 * `until` is the wall clock's, so it holds over a crash and a change of hosts. `for` counts from when the task began to
 * wait and is kept by nobody: a resume waits anew, which is what a pause between two changes is for.
 */
export default defineStep({
  id: 'wait',
  version: 1,
  since: '0.2.0',
  summary: 'Wait for a time, or until a moment.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({
    for: Type.Optional(Type.Duration({ description: 'Of a monotonic clock. The task needs a longer `timeout`.' })),
    until: Type.Optional(Type.Timestamp({ description: 'A moment; one that is past is no wait.' })),
  }),
  result: Type.Object({ waited_ms: Type.Integer() }),
  settle: { every: '250ms' },
  examples: [
    { title: 'A pause', with: { for: '30s' } },
    { title: 'The window opens', with: { until: '2026-11-21T02:00:00+01:00' } },
  ],

  async check(look) {
    const waited = look.waited();
    const left = leftOf(look, waited);
    if (left > lastMs) return pending(`${formatDuration(Math.ceil(left / 1000) * 1000)} left`);
    if (left > 0) await look.sleep(left);
    return satisfied({ waited_ms: Math.round(waited + Math.max(left, 0)) });
  },
});

function leftOf({ params, now }: Look<{ for?: number; until?: string }>, waited: number): number {
  if (params.for !== undefined && params.until === undefined) return params.for - waited;
  if (params.until !== undefined && params.for === undefined) return Date.parse(params.until) - now().getTime();
  throw new PgdbaError('PARAMS_INVALID', {
    facts: { step: 'wait@1', problem: 'it takes either `for` or `until`' },
    hint: 'write one of them',
  });
}
