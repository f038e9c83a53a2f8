import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { main } from '../../src/main.ts';

/** What one call of pgdba printed. */
export interface CliAnswer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The envelope: the last JSON document on stdout. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any field and fails when it is not there
  readonly envelope: any;
}

export const launcher = fileURLToPath(new URL('../../bin/pgdba', import.meta.url));

/** Runs pgdba inside this process, so that coverage counts it; without a terminal, as cron or an agent would. */
export async function pgdba(home: string, ...argv: string[]): Promise<CliAnswer> {
  const stdout = collect();
  const stderr = collect();
  const exit = await main(argv, {
    stdin: new PassThrough(),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PGDBA_HOME: home },
    cwd: process.cwd(),
    exit: (code) => {
      throw new Error(`pgdba wanted to exit with ${code}`);
    },
    signals: new EventEmitter(),
  });
  return { exit, stdout: stdout.text(), stderr: stderr.text(), envelope: parse(stdout.text()) };
}

/** Starts the built program as a process of its own: for what only a process can suffer. */
export function startPgdba(home: string, ...argv: string[]): ChildProcess {
  return spawn(process.execPath, [launcher, ...argv], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PGDBA_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

function collect() {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
