import { closeSync, fdatasyncSync, fstatSync, ftruncateSync } from 'node:fs';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { openPrivate, writeWhole } from './private-file.ts';
import { writeFailure } from './write-failure.ts';

/**
 * The end of a file that only we write to. An append is there whole or not at all. After a failed sync nobody knows
 * what the kernel dropped, and asking again would answer "fine": from then on every append is refused.
 */
export class AppendFile {
  readonly path: string;
  readonly #fd: number;
  #length: number;
  #poison: PgdbaError | undefined;

  /** `length`: bytes known to be good; whatever follows them is cut off. */
  constructor(path: string, length: number) {
    this.path = path;
    this.#fd = openPrivate(path);
    this.#length = length;
    if (fstatSync(this.#fd).size > length) {
      ftruncateSync(this.#fd, length);
      this.#sync();
    }
  }

  append(bytes: Buffer, { sync }: { sync: boolean }): void {
    if (this.#poison) throw this.#poison;
    this.#requireAlone();
    try {
      writeWhole(this.#fd, bytes);
    } catch (thrown) {
      this.#cutBack();
      throw writeFailure(this.path, thrown);
    }
    if (sync) this.#sync();
    this.#length += bytes.length;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #requireAlone(): void {
    const { size } = fstatSync(this.#fd);
    if (size === this.#length) return;
    this.#poison = new PgdbaError('JOURNAL_WRITE_FAILED', {
      facts: { problem: 'another program wrote to it', file: this.path, errno: null },
      hint: 'see who drives this run with: pgdba runs list',
    });
    throw this.#poison;
  }

  #cutBack(): void {
    try {
      ftruncateSync(this.#fd, this.#length);
    } catch (thrown) {
      this.#poison = writeFailure(this.path, thrown);
    }
  }

  #sync(): void {
    try {
      fdatasyncSync(this.#fd);
    } catch (thrown) {
      this.#poison = writeFailure(this.path, thrown);
      throw this.#poison;
    }
  }
}
