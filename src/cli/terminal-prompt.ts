import { createInterface } from 'node:readline/promises';
import type { Prompt } from '../engine/report.ts';
import type { Printer } from '../output/printer.ts';
import type { ProcessIo } from './process-io.ts';

/** What has to leave the screen while a question stands there. */
export interface Screen {
  pause(): Promise<void>;
  resume(): void;
}

/** Questions to the person at the terminal, or null when there is none: both stdin and stderr must be one. */
export function terminalPrompt(io: ProcessIo, printer: Printer, screen: Screen): Prompt | null {
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) return null;
  const ask = async (question: string, shown: readonly string[], signal: AbortSignal): Promise<string> => {
    await screen.pause();
    try {
      for (const line of shown) printer.note(`${line}\n`);
      return await answer(io, question, signal);
    } finally {
      screen.resume();
    }
  };
  return {
    yesNo: async (question, shown, signal) => /^y(es)?$/i.test(await ask(`${question} [y/N] `, shown, signal)),
    typed: async (question, expected, shown, signal) => (await ask(`${question}: `, shown, signal)) === expected,
  };
}

/** One trimmed line; nothing when the terminal closed or the run was interrupted meanwhile. */
async function answer(io: ProcessIo, question: string, signal: AbortSignal): Promise<string> {
  // `terminal: false` leaves line editing and Ctrl-C to the terminal, so that Ctrl-C stays a signal.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  const onLost = (): void => lines.close();
  try {
    // A last line and the end of input come together: the line goes first.
    const closed = new Promise<string>((resolve) => lines.once('close', () => setImmediate(resolve, '')));
    // Reading from a terminal that is gone fails, and nobody else listens to that.
    io.stdin.on('error', onLost);
    const typed = lines.question(question, { signal }).catch(() => '');
    return (await Promise.race([typed, closed])).trim();
  } finally {
    lines.close();
    io.stdin.off('error', onLost);
  }
}
