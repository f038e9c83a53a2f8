import { join } from 'node:path';
import type { GuardRelease, ReleaseReason } from '../formats/guard-talk.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { AppendFile } from './append-file.ts';
import { type Chain, readChain } from './chain.ts';
import { encodeLine, noHash, type RecordBody } from './line.ts';
import { readIfThere } from './private-file.ts';
import { type JournalRecord, journalVersion } from './record.ts';

/** What a guard tells, and what each line carries. */
export interface GuardData {
  started: { order: string; poolers: readonly string[]; members: readonly string[]; within_ms: number };
  reached: Record<never, never>;
  /** `ms`: from the reason to the last of these poolers. Those that answer later get a record of their own. */
  released: Omit<GuardRelease, 'at'> & { poolers: readonly string[]; problems: readonly string[]; ms: number };
  'gave-up': { poolers: readonly string[]; problems: readonly string[]; ms: number; why: ReleaseReason };
}

export type GuardRecordType = keyof GuardData;

/** One line of guard.jsonl, chained like the journal's; `task` is the unit key of the hold. */
export type GuardRecord = {
  [T in GuardRecordType]: Omit<JournalRecord, 'type' | 'data' | 'task'> & { type: T; task: string; data: GuardData[T] };
}[GuardRecordType];

/** guard.jsonl, written by one guard at a time; the next guard of the run goes on where the last one ended. */
export class GuardJournal {
  readonly #file: AppendFile;
  readonly #redactor: Redactor;
  readonly #run: string;
  readonly #task: string;
  #seq: number;
  #prev: string;

  /** Errors: JOURNAL_DAMAGED, JOURNAL_WRITE_FAILED, those of the system. */
  constructor(directory: string, { run, task, redactor }: { run: string; task: string; redactor: Redactor }) {
    const file = pathIn(directory);
    const { records, length } = readGuardChain(file, run);
    this.#file = new AppendFile(file, length);
    this.#redactor = redactor;
    this.#run = run;
    this.#task = task;
    this.#seq = records.length;
    this.#prev = records.at(-1)?.hash ?? noHash;
  }

  /** `at`: when it happened. On disk when it returns. Errors: JOURNAL_WRITE_FAILED. */
  append<T extends GuardRecordType>(type: T, data: GuardData[T], at = new Date()): void {
    const body = {
      v: journalVersion,
      seq: this.#seq + 1,
      ts: at.toISOString(),
      run: this.#run,
      type,
      task: this.#task,
      data: this.#redactor.redactValue(data),
      prev: this.#prev,
    };
    const { bytes, hash } = encodeLine(asBody(body));
    this.#file.append(bytes, { sync: true });
    this.#seq = body.seq;
    this.#prev = hash;
  }
}

/** Every record the run's guards wrote, oldest first; a torn last line is left out. Errors: JOURNAL_DAMAGED. */
export function readGuardRecords(directory: string, run: string): readonly GuardRecord[] {
  return readGuardChain(pathIn(directory), run).records as unknown as readonly GuardRecord[];
}

function readGuardChain(file: string, run: string): Chain {
  return readChain(readIfThere(file) ?? Buffer.alloc(0), { file, run });
}

/** The line format is the journal's; only the names of the types are the guard's own. */
function asBody(body: Omit<RecordBody, 'type'> & { type: GuardRecordType }): RecordBody {
  return body as unknown as RecordBody;
}

function pathIn(directory: string): string {
  return join(directory, 'guard.jsonl');
}
