import type { RunReport } from '../engine/report.ts';
import type { AnyRecord } from '../journal/record.ts';
import { AttendedRuns } from './attend-run.ts';
import { forbiddenTasks } from './forbidden-tasks.ts';
import { Interruption } from './interruption.ts';
import type { Invocation, Outcome } from './invocation.ts';
import { leaveAtOnce } from './leave-at-once.ts';
import { followProgress } from './progress.ts';
import { quietMs, RunWatch } from './run-watch.ts';
import type { RunIo } from './services.ts';
import { watchSignals } from './signals.ts';
import { terminalPrompt } from './terminal-prompt.ts';

/** Starts or resumes a run and stays with it: progress, questions, and whatever may stop it. */
export async function driveRun(invocation: Invocation, start: (io: RunIo) => Promise<RunReport>): Promise<Outcome> {
  const { io, printer, home } = invocation;
  const progress = await followProgress(invocation);
  let leaving: Promise<void> | null = null;
  const interruption = new Interruption({
    say: (sentence) => progress.notice(sentence),
    leaveAtOnce: () => {
      leaving ??= leaveAtOnce(invocation, progress, runs.ids);
    },
  });
  const runs = new AttendedRuns(home, (request) => interruption.cancel(request));
  watchSignals(io, interruption);
  const watch = new RunWatch();
  const stopTelling = tellWhy(interruption.signal, async () => {
    const [run] = runs.ids;
    // Between two tasks a question may stand on the screen.
    if (run !== undefined && watch.isBusy) progress.notice(watch.sentence(await forbiddenTasks(invocation, run)));
  });
  printer.onUnheard(() => interruption.unheard('closed output'));
  const onRecord = (record: AnyRecord): void => {
    interruption.heard(record);
    watch.heard(record);
    const problem = runs.heard(record);
    if (problem !== null) progress.notice(problem);
    progress.observer.onRecord(record);
  };
  let report: RunReport | null = null;
  try {
    const prompt = terminalPrompt(io, printer, progress);
    report = await start({
      observer: { ...progress.observer, onRecord, onNotice: (text) => progress.notice(text) },
      prompt,
      signal: interruption.signal,
    });
    return { report };
  } finally {
    stopTelling();
    runs.stop();
    interruption.end();
    // It ends this process, and has the last word.
    await leaving;
    await progress.end(report);
  }
}

/** A run that does not stop soon after it was told to says why. */
function tellWhy(told: AbortSignal, tell: () => Promise<void>): () => void {
  let soon: NodeJS.Timeout | undefined;
  told.addEventListener('abort', () => {
    // A sentence that cannot be made must not end the run.
    soon = setTimeout(() => void tell().catch(() => undefined), quietMs);
  });
  return () => clearTimeout(soon);
}
