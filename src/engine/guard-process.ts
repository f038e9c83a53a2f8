import { type ChildProcessWithoutNullStreams as Child, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from '../errors/pgdba-error.ts';
import { decodeAnswer, type GuardBrief, type GuardRelease, guardFailed } from '../formats/guard-talk.ts';
import { type GuardRecord, readGuardRecords } from '../journal/guard-journal.ts';
import { findLivingGuard } from '../journal/guard-presence.ts';
import type { ProcessIdentity } from '../journal/process-identity.ts';
import { packageRoot } from '../playbook/package-root.ts';
import type { Redactor } from '../secrets/redactor.ts';

export type { GuardBrief, GuardRecord, GuardRelease };

/** The program that ends a hold when this one cannot. That its pipe closes, as when we die, is its order to do so. */
export interface GuardProcess {
  /** The hold is on: the deadline counts from now. */
  reached(): void;
  /** The hold was released by pgdba: the guard ends; resolves when it is gone. */
  done(): Promise<void>;
  /** Resolves only if the guard itself released the hold; with several poolers, at the first. */
  readonly released: Promise<GuardRelease>;
}

/** Starts a guard in a session of its own; resolves when it is ready. Errors: GUARD_FAILED, the hold must not start. */
export async function startGuard(
  brief: GuardBrief,
  { redactor, program = shippedProgram() }: { redactor: Redactor; program?: string },
): Promise<GuardProcess> {
  const [file = '', ...args] = command(program);
  const child = spawn(file, args, { cwd: '/', detached: true, env: {}, stdio: 'pipe' });
  const heard = hear(child);
  child.stdin.write(`${JSON.stringify(brief)}\n`);
  const stop = new AbortController();
  try {
    await Promise.race([heard.ready, heard.end, silence(stop.signal)]);
  } catch (thrown) {
    child.kill('SIGKILL');
    throw guardFailed(redactor.redact(describe(thrown)), thrown);
  } finally {
    stop.abort();
  }
  letGo(child);
  return {
    released: heard.released,
    reached: () => void child.stdin.write('reached\n'),
    done: () => dismiss(child),
  };
}

/** What the guards of a run wrote, oldest first. Errors: JOURNAL_DAMAGED. */
export async function guardRecords(runDirectory: string): Promise<GuardRecord[]> {
  return [...readGuardRecords(runDirectory, basename(runDirectory))];
}

/** The guard of a run that is still at work. */
export async function livingGuard(runDirectory: string): Promise<ProcessIdentity | null> {
  return findLivingGuard(runDirectory);
}

/** It connects to every server first, each of which may take its two seconds. */
const startPatienceMs = 15_000;
const endPatienceMs = 5_000;
const longestComplaint = 4_000;

interface Heard {
  readonly ready: Promise<void>;
  readonly released: Promise<GuardRelease>;
  /** Rejects with what it said last. */
  readonly end: Promise<never>;
}

function hear(child: Child): Heard {
  // A guard that is gone tells so by its end, not by what we wrote too late.
  child.stdin.on('error', () => undefined);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < longestComplaint) complaint += text;
  });
  const lines = createInterface({ input: child.stdout });
  const end = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => reject(new Error(`it ended with ${signal ?? code}${reasonIn(complaint)}`)));
  });
  // Once it is ready, its end is no news: it comes after `done`, or after `released`.
  end.catch(() => undefined);
  const ready = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      const answer = decodeAnswer(line);
      if (answer?.is === 'ready') resolve();
      if (answer?.is === 'failed') reject(new Error(answer.problem));
    });
  });
  const released = new Promise<GuardRelease>((resolve) => {
    lines.on('line', (line) => {
      const answer = decodeAnswer(line);
      if (answer?.is === 'released') resolve({ at: answer.at, pointed_at: answer.pointed_at, why: answer.why });
    });
  });
  return { ready, released, end };
}

/** The sentence in what Node prints when a program does not even start. */
function reasonIn(complaint: string): string {
  const sentence = /^\w*Error.*: (.*)$/m.exec(complaint)?.[1] ?? complaint.trim().split('\n', 1)[0] ?? '';
  return sentence === '' ? '' : `: ${sentence}`;
}

async function silence(signal: AbortSignal): Promise<never> {
  await sleep(startPatienceMs, undefined, { signal });
  throw new Error(`it was not ready within ${startPatienceMs / 1000} s`);
}

/** A pgdba that ends without a word must not be kept alive by its own guard. */
function letGo(child: Child): void {
  child.unref();
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
}

async function dismiss(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const stop = new AbortController();
  const gone = once(child, 'exit', { signal: stop.signal });
  child.stdin.write('done\n');
  const late = sleep(endPatienceMs, undefined, { signal: stop.signal }).then(() => child.kill('SIGKILL'));
  try {
    await Promise.race([gone, late.then(() => gone)]);
  } finally {
    stop.abort();
    await Promise.allSettled([gone, late]);
  }
}

/** Under systemd, stopping the service that pgdba runs in would end a plain child with it: there it gets its own scope. */
function command(program: string): string[] {
  const plain = [process.execPath, program];
  return inService() ? [systemdRun, '--scope', '--quiet', '--collect', '--', ...plain] : plain;
}

const systemdRun = '/usr/bin/systemd-run';

function inService(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/run/systemd/system') || !existsSync(systemdRun)) return false;
  return /\.service(?:\/|$)/m.test(readFileSync('/proc/self/cgroup', 'latin1'));
}

function shippedProgram(): string {
  return join(packageRoot(), 'dist', 'src', 'guard', 'main.js');
}
