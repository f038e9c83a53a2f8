import { closeSync, fdatasyncSync, fstatSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../errors/pgdba-error.ts';
import { openPrivate, syncDirectory, writeWhole } from './private-file.ts';
import { type IndexLine, isIndexLine } from './run-index.ts';
import { writeFailure } from './write-failure.ts';

/** Adds one line, durable when it returns. Any number of processes may do so at once. Errors: JOURNAL_WRITE_FAILED. */
export function appendIndex(path: string, line: IndexLine): void {
  try {
    const fd = openPrivate(path);
    try {
      const { size } = fstatSync(fd);
      // A line that a crash or a full disk tore must not swallow this one. Cutting it off instead could cut off
      // what another process has just written.
      const start = size > 0 && lastByte(fd, size) !== newline ? '\n' : '';
      writeWhole(fd, Buffer.from(`${start}${JSON.stringify(line)}\n`));
      fdatasyncSync(fd);
      if (size === 0) syncDirectory(dirname(path));
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
}

/**
 * The lines, newest first, read from the end as far as they are asked for; a torn line is skipped. `about`: only lines
 * that hold this text, found without parsing the others.
 */
export function* readIndex(path: string, about = ''): Generator<IndexLine, void, void> {
  const fd = openIfThere(path);
  if (fd === undefined) return;
  try {
    for (const bytes of linesBackwards(fd)) {
      if (about !== '' && !bytes.includes(about)) continue;
      const line = parse(bytes);
      if (line) yield line;
    }
  } finally {
    closeSync(fd);
  }
}

const newline = 0x0a;
const chunkSize = 64 * 1024;

function* linesBackwards(fd: number): Generator<Buffer, void, void> {
  let position = fstatSync(fd).size;
  let rest = Buffer.alloc(0);
  while (position > 0) {
    const length = Math.min(chunkSize, position);
    position -= length;
    const chunk = Buffer.alloc(length);
    readSync(fd, chunk, 0, length, position);
    rest = Buffer.concat([chunk, rest]);
    for (let at = rest.lastIndexOf(newline); at >= 0; at = rest.lastIndexOf(newline)) {
      yield rest.subarray(at + 1);
      rest = rest.subarray(0, at);
    }
  }
  yield rest;
}

function parse(bytes: Buffer): IndexLine | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isIndexLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function lastByte(fd: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, size - 1);
  return byte[0];
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
