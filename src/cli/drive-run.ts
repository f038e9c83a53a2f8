import type { RunReport } from '../engine/report.ts';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Invocation, Outcome } from './invocation.ts';
import { followProgress } from './progress.ts';
import type { RunIo } from './services.ts';
import { watchSignals } from './signals.ts';
import { terminalPrompt } from './terminal-prompt.ts';

/** Starts or resumes a run and stays with it: progress, questions, signals. */
export async function driveRun(invocation: Invocation, start: (io: RunIo) => Promise<RunReport>): Promise<Outcome> {
  refuseNotYet(invocation);
  const { io, printer } = invocation;
  const progress = await followProgress(invocation);
  const interruption = watchSignals(io, (sentence) => progress.notice(sentence));
  let report: RunReport | null = null;
  try {
    const prompt = terminalPrompt(io, printer, progress);
    report = await start({ observer: progress.observer, prompt, signal: interruption.signal });
    return { report };
  } finally {
    interruption.stop();
    await progress.end(report);
  }
}

export function refuseNotYet({ globals }: Invocation): void {
  if (globals.override.length > 0) {
    throw new PgdbaError('NOT_YET', {
      facts: { feature: '--override' },
      hint: 'nothing was changed; put right what the precheck names, then run it again',
    });
  }
}
