import { exitInterrupted } from '../output/exit-code.ts';
import type { ProcessIo } from './process-io.ts';

export interface Interruption {
  /** Aborted by the first SIGINT or SIGTERM, with the signal's name as reason. */
  readonly signal: AbortSignal;
  /** Hands the signals back. */
  stop(): void;
}

/**
 * Watches the signals of a driven run: the first SIGINT or SIGTERM asks it to leave, a second SIGINT leaves at once.
 * A lost terminal (SIGHUP) is no reason to stop: the run goes on and the journal tells how it ended.
 */
export function watchSignals(io: ProcessIo, say: (sentence: string) => void): Interruption {
  const controller = new AbortController();
  const listeners = {
    SIGINT: () => {
      if (controller.signal.aborted) return io.exit(exitInterrupted);
      say('interrupted: leaving when the world is in order; Ctrl-C again leaves at once');
      controller.abort('SIGINT');
    },
    SIGTERM: () => {
      if (controller.signal.aborted) return;
      say('asked to end: leaving as soon as the world is in order');
      controller.abort('SIGTERM');
    },
    SIGHUP: () => undefined,
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) io.signals.on(name, listeners[name]);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of names) io.signals.off(name, listeners[name]);
    },
  };
}
