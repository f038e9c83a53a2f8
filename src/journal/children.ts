import { randomUUID } from 'node:crypto';
import { closeSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import { openPrivate, writeWhole } from './private-file.ts';
import { bootId, hasEnded, isAlive, type ProcessIdentity, processStat } from './process-identity.ts';
import { writeFailure } from './write-failure.ts';

/** A program that a run started and that may outlive it. */
export interface Child extends ProcessIdentity {
  readonly argv0: string;
}

/** Notes a child of the run, right after it was started; one that is gone already is not. Errors: JOURNAL_WRITE_FAILED. */
export function recordChild(directory: string, { pid, argv0 }: { pid: number; argv0: string }): void {
  const stat = processStat(pid);
  if (!stat || hasEnded(stat)) return;
  const child: Child = { boot_id: bootId(), pid, start_time: stat.start_time, argv0 };
  const draft = join(directory, `.${randomUUID()}`);
  try {
    writeNote(draft, `${JSON.stringify(child)}\n`);
    renameSync(draft, join(directory, `${pid}.json`));
  } catch (thrown) {
    rmSync(draft, { force: true });
    throw writeFailure(directory, thrown);
  }
}

/** Not synced: a power cut that loses the note ends the child as well. */
function writeNote(path: string, text: string): void {
  const fd = openPrivate(path, { mustBeNew: true });
  try {
    writeWhole(fd, Buffer.from(text));
  } finally {
    closeSync(fd);
  }
}

/** The child ended and was waited for. */
export function forgetChild(directory: string, pid: number): void {
  rmSync(join(directory, `${pid}.json`), { force: true });
}

/** Noted children that still run; another process under the same pid is not one of them. */
export function livingChildren(directory: string): readonly Child[] {
  return namesIn(directory)
    .filter((name) => /^\d+\.json$/.test(name))
    .flatMap((name) => readChild(join(directory, name)) ?? [])
    .filter(isAlive);
}

/**
 * Ends the living children of a run: SIGTERM to their process groups, SIGKILL to what is left after `graceMs` (at once
 * when `signal` aborts). Returns those that were ended; forgets all.
 * Errors: COMMAND_FAILED when one cannot be ended (it hangs in the kernel).
 */
export async function endChildren(
  directory: string,
  { graceMs, signal }: { graceMs: number; signal?: AbortSignal },
): Promise<readonly Child[]> {
  const children = livingChildren(directory);
  for (const child of children) kill(child, 'SIGTERM');
  await untilGone(children, graceMs, signal);
  for (const child of children.filter(isAlive)) kill(child, 'SIGKILL');
  await untilGone(children, killPatience);
  const stuck = children.find(isAlive);
  if (stuck) {
    throw new PgdbaError('COMMAND_FAILED', {
      facts: { program: stuck.argv0, exit: 'nothing', problem: `process ${stuck.pid} does not even obey SIGKILL` },
      hint: `look at process ${stuck.pid}; it waits for a disk or a network file system`,
    });
  }
  for (const name of namesIn(directory)) rmSync(join(directory, name), { force: true });
  return children;
}

const killPatience = 10_000;
const pollEvery = 20;

/** The whole group when the child leads one, else the child alone: its group might then be ours. */
function kill(child: Child, how: NodeJS.Signals): void {
  const stat = processStat(child.pid);
  if (!stat || !isAlive(child)) return;
  try {
    process.kill(stat.group === child.pid ? -child.pid : child.pid, how);
  } catch (thrown) {
    if (systemCode(thrown) !== 'ESRCH') throw thrown;
  }
}

async function untilGone(children: readonly Child[], withinMs: number, signal?: AbortSignal): Promise<void> {
  const until = performance.now() + withinMs;
  while (children.some(isAlive) && performance.now() < until && !signal?.aborted) await sleep(pollEvery);
}

function readChild(path: string): Child | undefined {
  try {
    const { boot_id, pid, start_time, argv0 } = JSON.parse(readFileSync(path, 'utf8')) as Child;
    return { boot_id, pid, start_time, argv0 };
  } catch (thrown) {
    // Forgotten in this moment, or made empty by a power cut: then its process is gone too.
    if (systemCode(thrown) === 'ENOENT' || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
