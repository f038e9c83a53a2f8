import type { Interruption } from './interruption.ts';
import type { ProcessIo } from './process-io.ts';

/** Leads the signals of this process to a driven run, for as long as the process lives: see Interruption.end. */
export function watchSignals({ signals }: ProcessIo, interruption: Interruption): void {
  signals.on('SIGINT', () => interruption.interrupt());
  signals.on('SIGTERM', () => interruption.cancel({ by: 'SIGTERM', how: 'leave', why: null }));
  signals.on('SIGHUP', () => interruption.unheard('SIGHUP'));
}
