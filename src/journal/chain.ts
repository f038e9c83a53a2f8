import { PgdbaError } from '../errors/pgdba-error.ts';
import { decodeLine, isFinished, noHash } from './line.ts';
import { type AnyRecord, journalVersion } from './record.ts';

/** A journal's bytes, read and proved. */
export interface Chain {
  readonly records: readonly AnyRecord[];
  /** Bytes of whole records; what follows is torn. */
  readonly length: number;
  readonly tornBytes: number;
}

/** seq and hash of a record. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const emptyHead: Head = { seq: 0, hash: noHash };

/** Proves a journal line by line: each record whole, and following the one before it. */
export class ChainProof {
  readonly #file: string;
  readonly #run: string;
  readonly #heads: readonly Head[];
  #head: Head = emptyHead;
  #length = 0;

  /** `heads`: records that were once written and must be there. */
  constructor({ file, run, heads = [] }: { file: string; run: string; heads?: readonly Head[] }) {
    this.#file = file;
    this.#run = run;
    this.#heads = heads.filter(({ seq }) => seq > 0);
  }

  get head(): Head {
    return this.#head;
  }

  /** Bytes of the lines proved so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * The next line, without its newline. Undefined when it is the last one and not whole: a crash can tear that. A whole
   * line that does not belong there, and a bad one with something after it, is JOURNAL_DAMAGED, as is another record than
   * the one once written. A newer format is JOURNAL_TOO_NEW.
   */
  next(line: Buffer, isLast: boolean): AnyRecord | undefined {
    const record = decodeLine(line);
    const problem = typeof record === 'string' ? record : this.#misplaced(record);
    if (typeof record === 'string' || problem !== undefined) {
      if (isLast && !isFinished(line)) return undefined;
      throw damaged(this.#file, this.#length, problem ?? '');
    }
    for (const { seq, hash } of this.#heads) {
      if (seq !== record.seq || hash === record.hash) continue;
      throw damaged(this.#file, this.#length, `record ${seq} is not the one that was written`);
    }
    this.#head = { seq: record.seq, hash: record.hash };
    this.#length += line.length + 1;
    return record;
  }

  /** Errors: JOURNAL_TRUNCATED when a record that was once written did not come. */
  end(): void {
    const expected = Math.max(0, ...this.#heads.map(({ seq }) => seq));
    if (this.#head.seq >= expected) return;
    throw new PgdbaError('JOURNAL_TRUNCATED', {
      facts: { file: this.#file, found: this.#head.seq, expected },
      hint: 'records are missing at its end; keep the file as it is and restore the run directory from a backup',
    });
  }

  #misplaced({ v, run, seq, prev }: AnyRecord): string | undefined {
    if (v > journalVersion) {
      throw new PgdbaError('JOURNAL_TOO_NEW', {
        facts: { file: this.#file, version: v },
        hint: 'use the pgdba that wrote it, or a newer one',
      });
    }
    if (run !== this.#run) return `the record belongs to run ${run}`;
    if (seq !== this.#head.seq + 1) return `record ${seq} follows record ${this.#head.seq}`;
    if (prev !== this.#head.hash) return `record ${seq} does not follow from the one before it`;
    return undefined;
  }
}

/** Reads and proves all records of a journal. Errors: those of ChainProof. */
export function readChain(bytes: Buffer, about: { file: string; run: string; heads?: readonly Head[] }): Chain {
  const proof = new ChainProof(about);
  const records: AnyRecord[] = [];
  for (;;) {
    const end = bytes.indexOf(newline, proof.length);
    // A line without its newline is torn, even if all of it is there.
    const record = end < 0 ? undefined : proof.next(bytes.subarray(proof.length, end), end + 1 === bytes.length);
    if (!record) break;
    records.push(record);
  }
  proof.end();
  return { records, length: proof.length, tornBytes: bytes.length - proof.length };
}

export const newline = 0x0a;

export function damaged(file: string, offset: number, problem: string): PgdbaError {
  return new PgdbaError('JOURNAL_DAMAGED', {
    facts: { file, offset, problem },
    hint: 'it was changed from outside or the disk failed; keep it as it is and restore the run directory from a backup',
  });
}
