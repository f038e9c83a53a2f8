import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { endChildren } from '../journal/children.ts';
import { runPaths } from '../journal/run-directory.ts';
import { failed, ofRun } from '../output/envelope.ts';
import { exitInterrupted } from '../output/exit-code.ts';
import type { Invocation } from './invocation.ts';
import type { Screen } from './terminal-prompt.ts';

/** SIGTERM, this long, SIGKILL: a person who pressed Ctrl-C twice waits for no program. */
const childGraceMs = 500;
const childPatienceMs = 1_200;
const answerPatienceMs = 300;

/**
 * Ends this process as if it had been killed, except that its programs end with it and somebody is told: the journal
 * stays as it is, guards release what was held, the lease is free with our death, and the run can be resumed.
 */
export async function leaveAtOnce(invocation: Invocation, screen: Screen, runs: readonly string[]): Promise<void> {
  const { home, io } = invocation;
  // For good: the tree leaves the terminal as it found it.
  const cleared = screen.pause();
  const ends = runs.map((run) => endPrograms(runPaths(home, run).children));
  await Promise.race([Promise.allSettled(ends), sleep(childPatienceMs)]);
  const told = cleared.then(() => answer(invocation, runs[0])).catch(() => undefined);
  await Promise.race([told, sleep(answerPatienceMs)]);
  io.exit(exitInterrupted);
}

async function endPrograms(directory: string): Promise<void> {
  const pids = namesIn(directory).flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []);
  try {
    await endChildren(directory, { graceMs: childGraceMs });
  } finally {
    // Their leader may have ended before them: a group lives on, and keeps its number, until its last member ends.
    for (const pid of pids) endGroup(Number(pid));
  }
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // nobody is left in it
  }
}

async function answer({ command, config, globals, printer, services }: Invocation, run?: string): Promise<void> {
  const words = command.name().replace(/^pgdba /, '');
  const hint = run === undefined ? 'nothing was changed' : `go on with: pgdba runs resume ${run}`;
  const error = new PgdbaError('INTERRUPTED', { facts: { by: 'a second SIGINT' }, hint }).toData();
  const known = run === undefined ? null : await (await services.store()).summary(run);
  const now = new Date();
  const envelope = known
    ? ofRun(words, { ...known, status: 'interrupted', changed: known.changed ?? true, outputs: null, error }, now)
    : failed(words, error, now);
  printer.error(error);
  await printer.envelope(envelope, globals.events ? 'line' : config.output.format);
  await printer.flushed();
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
