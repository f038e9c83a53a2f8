import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A moment in the life of a process: right before the nth such call of its main thread on one of the files. */
export interface KillPoint {
  /** `write`: the record is not there; `fdatasync`: it is, and nothing was done since. */
  readonly call: 'write' | 'fdatasync' | 'fsync';
  readonly nth: number;
}

export interface TracedProgram {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Only calls on these count; none: all. */
  readonly files: readonly string[];
}

const executable = '/usr/bin/strace';

/** How often the program makes these calls when nobody disturbs it. */
export async function countCalls(program: TracedProgram, calls: readonly KillPoint['call'][]): Promise<KillPoint[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pgdba-strace-'));
  try {
    const log = join(folder, 'log');
    await run(['-o', log, ...filter(program), '-e', `trace=${calls.join(',')}`, ...program.argv], program.env);
    const lines = readFileSync(log, 'latin1').split('\n');
    return calls.flatMap((call) =>
      lines.filter((line) => line.startsWith(`${call}(`)).map((_, at) => ({ call, nth: at + 1 })),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs the program until it is killed at that point; answers false when it ended before it came to it. */
export async function killAt(program: TracedProgram, { call, nth }: KillPoint): Promise<boolean> {
  const inject = `inject=${call}:signal=SIGKILL:when=${nth}`;
  const options = ['-o', '/dev/null', ...filter(program), '-e', `trace=${call}`, '-e', inject];
  return (await run([...options, ...program.argv], program.env)) === 'SIGKILL';
}

/** Without -f: the journal is written by the main thread, and whatever a run starts is nobody's target. */
function filter({ files }: TracedProgram): string[] {
  return files.flatMap((file) => ['-P', file]);
}

function run(argv: readonly string[], env: TracedProgram['env']): Promise<NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(executable, argv, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      child.stderr.destroy();
      if (signal === null && code !== 0) reject(new Error(`it ended with ${code}: ${complaint}`));
      else resolve(signal);
    });
  });
}
