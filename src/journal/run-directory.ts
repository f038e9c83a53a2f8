import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHead } from './head-file.ts';
import { createPrivate, privateDirectory, syncDirectory } from './private-file.ts';
import type { StoredPlaybook } from './store.ts';
import { writePlaybook } from './stored-playbook.ts';

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
  readonly requests: string;
  readonly sent: string;
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
    requests: inside('requests'),
    sent: inside('sent'),
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
export function createRunDirectory(paths: RunPaths, playbook: StoredPlaybook): void {
  mkdirSync(paths.directory, { mode: 0o700 });
  for (const directory of [paths.directory, paths.blobs, paths.children]) privateDirectory(directory);
  createHead(paths.head);
  writePlaybook(paths.playbook, playbook);
  createPrivate(paths.log, '');
  fillReserve(paths.reserve);
  createPrivate(paths.journal, '');
  syncDirectory(paths.directory);
}

/** Bytes that the disk gets back when the directory is removed. */
export function diskUsage(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).blocks * 512, 0);
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
