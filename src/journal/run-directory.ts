import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHead } from './head-file.ts';
import { createPrivate, privateDirectory, readIfThere, syncDirectory } from './private-file.ts';

/** Where the files of one run are. */
export interface RunPaths {
  readonly directory: string;
  readonly journal: string;
  readonly head: string;
  readonly log: string;
  readonly playbook: string;
  readonly blobs: string;
  readonly children: string;
  readonly scratch: string;
  readonly reserve: string;
}

export function runPaths(home: string, run: string): RunPaths {
  const directory = join(home, 'runs', run);
  const inside = (name: string): string => join(directory, name);
  return {
    directory,
    journal: inside('journal.jsonl'),
    head: inside('head'),
    log: inside('log.jsonl'),
    playbook: inside('playbook.yaml'),
    blobs: inside('blobs'),
    children: inside('children'),
    scratch: inside('scratch'),
    reserve: inside('reserve'),
  };
}

/** Makes the home if it is not there, and its directory of runs. */
export function ensureRunsDirectory(home: string): void {
  mkdirSync(dirname(home), { recursive: true, mode: 0o700 });
  privateDirectory(home);
  privateDirectory(join(home, 'runs'));
}

/** Makes a run's directory and files; the journal comes last, so a journal never lacks what belongs beside it. */
export function createRunDirectory(paths: RunPaths, playbook: { source: string; file: string }): void {
  mkdirSync(paths.directory, { mode: 0o700 });
  for (const directory of [paths.directory, paths.blobs, paths.children]) privateDirectory(directory);
  createHead(paths.head);
  createPrivate(paths.playbook, `${origin}${JSON.stringify(playbook.file)}\n${playbook.source}`);
  createPrivate(paths.log, '');
  fillReserve(paths.reserve);
  createPrivate(paths.journal, '');
  syncDirectory(paths.directory);
}

/** The stored playbook as it was given, without the line that says where it came from; undefined when there is none. */
export function readPlaybook(path: string): { source: string; file: string } | undefined {
  const text = readIfThere(path)?.toString();
  if (text === undefined) return undefined;
  const end = text.indexOf('\n');
  if (!text.startsWith(origin) || end < 0) return { source: text, file: path };
  return { source: text.slice(end + 1), file: JSON.parse(text.slice(origin.length, end)) as string };
}

/** Takes 64 KiB of the disk in advance, for writing how a run ended when the disk is full. */
export function fillReserve(path: string): void {
  if (existsSync(path)) return;
  try {
    // Random, since a file system that compresses would keep no room for zeros.
    createPrivate(path, randomBytes(64 * 1024));
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  }
}

const origin = '# from ';
