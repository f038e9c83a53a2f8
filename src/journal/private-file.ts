import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../errors/pgdba-error.ts';

/** Makes a directory only its owner can enter, its name durable. One that exists is left as it is; umask has no say. */
export function privateDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return;
    throw thrown;
  }
  chmodSync(path, 0o700);
  syncDirectory(dirname(path));
}

/** Opens a file only its owner can read, for appending; made when it is not there. The umask has no say. */
export function openPrivate(path: string, { mustBeNew = false } = {}): number {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = openSync(path, mustBeNew ? flags | constants.O_EXCL : flags, 0o600);
  fchmodSync(fd, 0o600);
  return fd;
}

/** Makes a new private file with this content, on disk when it returns (its name is not: see syncDirectory). */
export function createPrivate(path: string, content: string | Buffer): void {
  const fd = openPrivate(path, { mustBeNew: true });
  try {
    writeWhole(fd, Buffer.from(content));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes all bytes or throws; a short write is followed by another, which says what is wrong. */
export function writeWhole(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written);
}

/** Makes names created, renamed or removed in a directory durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Undefined when there is no such file. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
