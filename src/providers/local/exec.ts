import { spawn } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { PgdbaError, systemCode } from '../../errors/pgdba-error.ts';
import { formatDuration } from '../../formats/duration.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import type { ExecOptions, ExecResult } from '../provider.ts';
import { type Account, asAccount } from './account.ts';
import { findProgram } from './binaries.ts';
import { commandEnvironment } from './launch.ts';
import type { Server } from './layout.ts';

const defaultMaxOutput = 1024 * 1024;
const graceMs = 1_000;

/**
 * Runs one command on a server: argv only, a minimal environment, a process group of its own that dies with pgdba.
 * A program that is not there ends with 127, as a shell would say.
 * Errors: RIGHTS_MISSING (root asked for and not had), COMMAND_TIMEOUT; an abort throws its reason.
 */
export async function runOnServer(
  cluster: Cluster,
  server: Server,
  account: Account,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  options.signal.throwIfAborted();
  const command = commandOf(argv, account, options);
  const here = await lstat(server.directory).catch(() => undefined);
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd: here ? server.directory : '/',
    detached: true,
    env: commandEnvironment(cluster, server, account),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) options.child?.started({ pid: child.pid, argv0: argv[0] ?? '' });
  child.stdin.on('error', () => undefined); // a command may end without reading it
  child.stdin.end(options.stdin ?? '');

  const stdout = collect(child.stdout, options.maxOutput ?? defaultMaxOutput);
  const stderr = collect(child.stderr, options.maxOutput ?? defaultMaxOutput);
  let timedOut = false;
  const end = () => endGroup(child.pid);
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, options.timeoutMs);
  options.signal.addEventListener('abort', end, { once: true });
  try {
    const exit = await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => (systemCode(error) === 'ENOENT' ? resolve(127) : reject(error)));
      child.once('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
    });
    if (timedOut) throw tookTooLong(argv, options.timeoutMs, stderr());
    options.signal.throwIfAborted();
    return { exit, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', end);
    if (child.pid !== undefined) options.child?.ended(child.pid);
  }
}

function commandOf(argv: readonly string[], account: Account, { as }: ExecOptions): string[] {
  const bound = findProgram('setpriv') !== undefined;
  if (as === 'server') return account.switched || bound ? asAccount(account, argv, { dieWithUs: bound }) : [...argv];
  if (process.geteuid?.() === 0) return bound ? ['setpriv', '--pdeathsig', 'TERM', '--', ...argv] : [...argv];
  throw new PgdbaError('RIGHTS_MISSING', {
    facts: { problem: `${argv[0] ?? 'the command'} needs root and pgdba does not run as root` },
    hint: 'run pgdba as root, or run the command by hand',
  });
}

/** Keeps the first bytes and says how many were cut, so that a chatty command cannot fill our memory. */
function collect(stream: NodeJS.ReadableStream, limit: number): () => string {
  const chunks: Buffer[] = [];
  let kept = 0;
  let cut = 0;
  stream.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, Math.max(0, limit - kept));
    chunks.push(part);
    kept += part.length;
    cut += chunk.length - part.length;
  });
  return () => Buffer.concat(chunks).toString('utf8') + (cut > 0 ? `\n[cut: ${cut} more bytes]` : '');
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  const signal = (name: 'SIGTERM' | 'SIGKILL') => {
    try {
      process.kill(-pid, name);
    } catch {
      // the whole group is gone
    }
  };
  signal('SIGTERM');
  setTimeout(() => signal('SIGKILL'), graceMs).unref();
}

function tookTooLong(argv: readonly string[], timeoutMs: number, stderr: string): PgdbaError {
  return new PgdbaError('COMMAND_TIMEOUT', {
    facts: { program: argv[0] ?? '', timeout: formatDuration(timeoutMs), stderr: stderr.slice(-500) },
    hint: 'look at what the command waits for, or give it a longer timeout',
  });
}
