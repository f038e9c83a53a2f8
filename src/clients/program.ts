import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from '../errors/pgdba-error.ts';

export interface ProgramOptions {
  /** Everything the program gets; nothing of pgdba's own environment is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** [`/`] */
  readonly cwd?: string;
  readonly stdin?: string;
  /** Of each stream; what is beyond is read and thrown away. */
  readonly maxOutput: number;
  /** Told of the process, so that a later drive can end it when this program dies first. */
  readonly child?: {
    started(child: { readonly pid: number; readonly argv0: string }): void;
    ended(pid: number): void;
  };
  /** How long each of SIGINT and SIGTERM may take to work [7.5 s, 2.5 s]. */
  readonly patienceMs?: readonly [int: number, term: number];
}

export interface ProgramResult {
  /** False: it could not be started at all, so nothing happened; `exit` is 127 and `stderr` says why. */
  readonly started: boolean;
  /** 128 + the number of the signal that ended it, as a shell says it. */
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** More was said than is kept. */
  readonly cut: boolean;
}

/** A child of a child may keep our end of the pipes open; the program itself has ended, and nobody waits for it. */
const pipesMs = 1_000;

/**
 * Runs one program on this host: argv, never a shell, in a process group of its own. Aborting `signal` ends the whole
 * group (SIGINT, then SIGTERM, then SIGKILL) and throws its reason once the group is gone.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const { signal, stdin, maxOutput, child: watch } = options;
  signal.throwIfAborted();
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    cwd: options.cwd ?? '/',
    detached: true,
    env: { ...options.env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const ended = untilExit(child);
  const { pid } = child;
  if (pid !== undefined) watch?.started({ pid, argv0: file });
  const stdout = collect(child.stdout, maxOutput);
  const stderr = collect(child.stderr, maxOutput);
  child.stdin?.on('error', () => undefined); // a program may end without reading it
  child.stdin?.end(stdin);

  let ending: Promise<void> | undefined;
  const end = () => {
    if (pid !== undefined) ending ??= endGroup(pid, options.patienceMs ?? [7_500, 2_500]);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const end = await ended;
    await ending;
    signal.throwIfAborted();
    if ('problem' in end) return { started: false, exit: 127, stdout: '', stderr: end.problem, cut: false };
    return { started: true, ...end, stdout: stdout.text(), stderr: stderr.text(), cut: stdout.cut() || stderr.cut() };
  } finally {
    signal.removeEventListener('abort', end);
    if (pid !== undefined) watch?.ended(pid);
  }
}

/** What of the environment of pgdba a program of an operator needs; everything else may hold a secret. */
export function plainEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const passed = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'XDG_RUNTIME_DIR'];
  return Object.fromEntries(passed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

async function untilExit(child: ChildProcess): Promise<{ exit: number } | { problem: string }> {
  return new Promise((resolve, reject) => {
    child.once('error', (thrown) => {
      if (child.pid !== undefined) return;
      const words: Readonly<Record<string, string>> = {
        ENOENT: `there is no program ${child.spawnfile}`,
        EACCES: `${child.spawnfile} may not be executed`,
        E2BIG: 'its arguments are too long',
      };
      const problem = words[systemCode(thrown) ?? ''];
      problem === undefined ? reject(thrown) : resolve({ problem });
    });
    child.once('exit', (code, name) => {
      const exit = code ?? 128 + (name === null ? 0 : constants.signals[name]);
      const late = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, pipesMs);
      child.once('close', () => {
        clearTimeout(late);
        resolve({ exit });
      });
    });
  });
}

/** Keeps the first bytes, so that a chatty program cannot fill our memory. */
function collect(stream: NodeJS.ReadableStream | null, limit: number): { text(): string; cut(): boolean } {
  const chunks: Buffer[] = [];
  let kept = 0;
  let cut = false;
  stream?.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, Math.max(0, limit - kept));
    if (part.length > 0) chunks.push(part);
    kept += part.length;
    cut ||= part.length < chunk.length;
  });
  return { text: () => Buffer.concat(chunks).toString('utf8'), cut: () => cut };
}

const pollEvery = 20;

async function endGroup(group: number, [intMs, termMs]: readonly [number, number]): Promise<void> {
  for (const [name, withinMs] of [
    ['SIGINT', intMs],
    ['SIGTERM', termMs],
    ['SIGKILL', Number.POSITIVE_INFINITY],
  ] as const) {
    if (!tell(group, name)) return;
    const until = performance.now() + withinMs;
    while (tell(group, 0)) {
      if (performance.now() > until) break;
      await delay(pollEvery);
    }
  }
}

/** False when nobody of the group is left. */
function tell(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (thrown) {
    if (systemCode(thrown) === 'ESRCH') return false;
    throw thrown;
  }
}
