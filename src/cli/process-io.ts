import type { Readable, Writable } from 'node:stream';

/** The process as the command line sees it; tests hand in streams of their own. */
export interface ProcessIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Ends the process at once: the second SIGINT. */
  exit(code: number): void;
  /** `process` itself, or a stand-in that emits signals. */
  readonly signals: SignalSource;
}

export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** The real process. stdin is opened when somebody asks for it: most commands never do. */
export function realIo(): ProcessIo {
  return {
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    exit: (code) => process.exit(code),
    signals: process,
  };
}
