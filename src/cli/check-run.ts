import type { Plan } from '../engine/plan.ts';
import { refuseNotYet } from './drive-run.ts';
import type { Invocation, Outcome } from './invocation.ts';
import { followProgress } from './progress.ts';
import type { RunIo } from './services.ts';
import { watchSignals } from './signals.ts';

const exitRefused = 3;

/** Shows the plan of a run: complete and nothing against it is a success, a failed precheck is a refusal with the plan. */
export async function checkRun(invocation: Invocation, plan: (io: RunIo) => Promise<Plan>): Promise<Outcome> {
  refuseNotYet(invocation);
  const progress = await followProgress(invocation);
  const interruption = watchSignals(invocation.io, (sentence) => progress.notice(sentence));
  try {
    const { refusal, ...data } = await plan({ observer: progress.observer, prompt: null, signal: interruption.signal });
    return refusal === null ? { data } : { data, error: refusal, exit: exitRefused };
  } finally {
    interruption.stop();
    await progress.end(null);
  }
}
