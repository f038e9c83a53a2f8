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
      const { text, entered } = await answer(io, question, signal);
      // Whatever is said next begins on a line of its own.
      if (!entered) printer.note('\n');
      return text;
    } finally {
      screen.resume();
    }
  };
  return {
    yesNo: async (question, shown, signal) => /^y(es)?$/i.test(await ask(`${question} [y/N] `, shown, signal)),
    typed: async (question, expected, shown, signal) => (await ask(`${question}: `, shown, signal)) === expected,
  };
}

interface Answer {
  readonly text: string;
  /** The line has ended: the person did that, or an abort, for which readline does it. */
  readonly entered: boolean;
}

/** One trimmed line; nothing when the terminal closed or the run was interrupted meanwhile. */
async function answer(io: ProcessIo, question: string, signal: AbortSignal): Promise<Answer> {
  // `terminal: false` leaves line editing and Ctrl-C to the terminal, so that Ctrl-C stays a signal.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  const onLost = (): void => lines.close();
  try {
    // A last line and the end of input come together: the line goes first.
    const closed = new Promise<Answer>((resolve) => lines.once('close', () => setImmediate(resolve, nothing)));
    // Reading from a terminal that is gone fails, and nobody else listens to that.
    io.stdin.on('error', onLost);
    const typed = lines.question(question, { signal }).then(
      (text): Answer => ({ text: text.trim(), entered: true }),
      () => ({ text: '', entered: true }),
    );
    return await Promise.race([typed, closed]);
  } finally {
    lines.close();
    io.stdin.off('error', onLost);
  }
}

const nothing: Answer = { text: '', entered: false };
