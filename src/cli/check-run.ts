import { exitInterrupted } from '../output/exit-code.ts';
import { Interruption } from './interruption.ts';
import type { Draw, Invocation, Outcome } from './invocation.ts';
import { planText } from './plan-text.ts';
import { followProgress } from './progress.ts';
import type { PlanAnswer, RunIo } from './services.ts';
import { shellWords } from './shell-words.ts';
import { watchSignals } from './signals.ts';

const exitRefused = 3;

/** Shows the plan of a run: complete and nothing against it is a success, a failed precheck is a refusal with the plan. */
export async function checkRun(invocation: Invocation, plan: (io: RunIo) => Promise<PlanAnswer>): Promise<Outcome> {
  const progress = await followProgress(invocation);
  const interruption = new Interruption({
    say: (sentence) => progress.notice(sentence),
    leaveAtOnce: () => invocation.io.exit(exitInterrupted),
  });
  watchSignals(invocation.io, interruption);
  invocation.printer.onUnheard(() => interruption.unheard('closed output'));
  try {
    const answer = await plan({ observer: progress.observer, prompt: null, signal: interruption.signal });
    return shown(answer, invocation);
  } finally {
    interruption.end();
    await progress.end(null);
  }
}

function shown({ refusal, saved, ...plan }: PlanAnswer, { globals }: Invocation): Outcome {
  const next = saved && nextCommand(saved.file, globals.name);
  const data = { ...plan, ...(saved ? { saved: { ...saved, next } } : {}) };
  const draw: Draw = (style) => planText(plan, saved && { ...saved, next: next ?? '' }, style);
  if (refusal === null) return { data, draw };
  const hint = globals.out === null ? refusal.hint : `${refusal.hint}; until then no plan is saved`;
  return { data, draw, error: { ...refusal, hint }, exit: exitRefused };
}

/** Naming the cluster again is part of the consent, which no plan gives. */
function nextCommand(file: string, name: string | null): string {
  return shellWords(['pgdba', 'run', '--plan', file, ...(name === null ? [] : ['--name', name])]);
}
