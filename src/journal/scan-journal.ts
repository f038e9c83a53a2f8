import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../errors/pgdba-error.ts';
import { maxLine } from './blobs.ts';
import { type ChainProof, newline } from './chain.ts';
import type { AnyRecord } from './record.ts';

const chunkSize = 256 * 1024;

/**
 * Reads a journal from the end of what is proved already to its present end, one proved record at a time, and answers how
 * many bytes of a torn last line it left out. Holds one chunk. Nothing there is nothing to read.
 * Errors: JOURNAL_DAMAGED, JOURNAL_TOO_NEW, those of the system.
 */
export function* scanJournal(file: string, proof: ChainProof): Generator<AnyRecord, number, void> {
  const fd = openIfThere(file);
  if (fd === undefined) return 0;
  try {
    const { size } = fstatSync(fd);
    let rest: Buffer = Buffer.alloc(0);
    for (let position = proof.length; position < size; ) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkSize, size - position));
      const length = readSync(fd, chunk, 0, chunk.length, position);
      if (length === 0) break;
      position += length;
      rest = rest.length === 0 ? chunk.subarray(0, length) : Buffer.concat([rest, chunk.subarray(0, length)]);
      let from = 0;
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline, from)) {
        const record = proof.next(rest.subarray(from, end), position === size && end + 1 === rest.length);
        if (!record) return size - proof.length;
        from = end + 1;
        yield record;
      }
      rest = rest.subarray(from);
    }
    return size - proof.length;
  } finally {
    closeSync(fd);
  }
}

/** Whether one whole line, at least, is there; looks no further than a first line can reach. */
export function holdsLine(file: string): boolean {
  const fd = openIfThere(file);
  if (fd === undefined) return false;
  try {
    const start = Buffer.alloc(maxLine);
    return start.subarray(0, readSync(fd, start, 0, maxLine, 0)).includes(newline);
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
