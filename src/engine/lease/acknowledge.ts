import { closeSync, fsyncSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openPrivate, readIfThere, writeWhole } from '../../journal/private-file.ts';
import type { KeyPath } from './lease-paths.ts';
import { liftQuarantine, readQuarantine } from './quarantine.ts';

/** An operator's word that what a failed rollback left behind was seen to. */
export interface Acknowledgement {
  readonly at: string;
  readonly run: string;
  readonly keys: readonly string[];
  readonly by: string;
  readonly reason: string;
  /** Why and since when it was locked. */
  readonly why: string;
  readonly since: string;
}

/** Ends what this run left locked in one directory, and keeps a line about it there; null when it locks nothing. */
export function acknowledge(
  paths: readonly KeyPath[],
  { run, by, reason }: Pick<Acknowledgement, 'run' | 'by' | 'reason'>,
): Acknowledgement | null {
  const locked = paths.flatMap(({ key, path }) => {
    const found = readQuarantine(path);
    return found?.run === run ? [{ key, path, ...found }] : [];
  });
  const [first] = locked;
  if (!first) return null;
  const { why, since } = first;
  const line = { at: new Date().toISOString(), run, keys: locked.map(({ key }) => key), by, reason, why, since };
  // First the line: a crash between the two asks the operator again, and forgets nothing.
  append(fileIn(dirname(first.path)), `${JSON.stringify(line)}\n`);
  liftQuarantine(locked, run);
  return line;
}

/** All that were given for a directory, oldest first. */
export function acknowledgements(directory: string): Acknowledgement[] {
  const text = readIfThere(fileIn(directory))?.toString() ?? '';
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Acknowledgement);
}

function append(file: string, line: string): void {
  const fd = openPrivate(file);
  try {
    writeWhole(fd, Buffer.from(line));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function fileIn(directory: string): string {
  return join(directory, 'acks.jsonl');
}
