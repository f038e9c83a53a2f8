import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { damaged, emptyHead, type Head } from './chain.ts';
import { createPrivate, readIfThere } from './private-file.ts';

/**
 * The small file beside a journal that says which record was synced last, so that a journal cut at a line's end is
 * noticed. Fixed width and overwritten in place: the write needs no space and cannot be half done. It is not synced
 * itself, and written some time after the record: after a crash it may be older than the journal, never newer.
 */
export class HeadFile {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  }

  write(head: Head): void {
    writeSync(this.#fd, encode(head), 0, 'latin1');
  }

  close(): void {
    closeSync(this.#fd);
  }
}

export function createHead(path: string): void {
  createPrivate(path, encode(emptyHead));
}

/** Undefined when there is no such file. Errors: JOURNAL_DAMAGED. */
export function readHead(path: string): Head | undefined {
  const text = readIfThere(path)?.toString('latin1');
  if (text === undefined) return undefined;
  const found = /^(\d{12}) ([0-9a-f]{64})\n$/.exec(text);
  if (!found) throw damaged(path, 0, 'it is not "seq hash"');
  return { seq: Number(found[1]), hash: found[2] ?? '' };
}

function encode({ seq, hash }: Head): string {
  return `${String(seq).padStart(12, '0')} ${hash}\n`;
}
