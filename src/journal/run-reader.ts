import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import { restoreLarge } from './blobs.ts';
import { type Chain, ChainProof, damaged, type Head } from './chain.ts';
import { readHead } from './head-file.ts';
import { readIndex } from './index-file.ts';
import { type DrivenSummary, type RunTrace, summaryOf, traceRun, unknownRun } from './list-runs.ts';
import { PlaybookClaim, provenPlaybook } from './prove-playbook.ts';
import type { AnyRecord } from './record.ts';
import { type RunPaths, runPaths } from './run-directory.ts';
import { isRunId } from './run-index.ts';
import { holdsLine, scanJournal } from './scan-journal.ts';
import type { StoredPlaybook } from './store.ts';
import { writeFailure } from './write-failure.ts';

/** What a scan ends with. */
export interface ScanEnd {
  readonly records: number;
  readonly head: string;
  readonly length: number;
  readonly tornBytes: number;
}

interface Begun {
  readonly run: string;
  readonly paths: RunPaths;
  readonly trace: RunTrace | undefined;
  readonly head: Head | undefined;
  readonly heads: readonly Head[];
}

const noFiles =
  'its files are gone, or it never came to have any; take it off the list with: pgdba runs doctor --repair';

/** How often a followed journal is looked at, in ms. */
const followEvery = 100;

/** Looks at the runs of one home; writes nothing. What the system refuses is told as HOME_UNUSABLE. */
export class RunReader {
  readonly #home: string;
  readonly #indexPath: string;

  constructor(home: string) {
    this.#home = home;
    this.#indexPath = join(home, 'runs', 'index.jsonl');
  }

  readonly exists = (id: string): boolean => isRunId(id) && existsSync(runPaths(this.#home, id).directory);

  /** Whether its journal holds a whole line. Without one it was killed before it did anything. */
  readonly began = (id: string): boolean => this.reading(() => holdsLine(runPaths(this.#home, id).journal));

  /** Every record, proved one by one; what is wrong at its end is thrown there. Errors: RUN_UNKNOWN, JOURNAL_*. */
  scan(run: string): Generator<AnyRecord, ScanEnd, void> {
    return this.#scan(this.#begin(run));
  }

  /** A whole journal, and what the index says of its run. Errors: RUN_UNKNOWN, JOURNAL_*. */
  load(run: string): { chain: Chain; trace: RunTrace | undefined; paths: RunPaths } {
    const begun = this.#begin(run);
    const records: AnyRecord[] = [];
    const scan = this.#scan(begun);
    for (;;) {
      const { done, value } = scan.next();
      if (done) return { ...begun, chain: { records, length: value.length, tornBytes: value.tornBytes } };
      records.push(value);
    }
  }

  /** All of it, proved: the chain, the head and the playbook. Errors: RUN_UNKNOWN, JOURNAL_*, PLAYBOOK_ALTERED. */
  prove(run: string): { end: ScanEnd; playbook: StoredPlaybook | undefined } {
    const claim = new PlaybookClaim();
    const scan = this.scan(run);
    for (;;) {
      const { done, value } = scan.next();
      if (!done) claim.note(value);
      else return { end: value, playbook: this.playbook(run, claim) };
    }
  }

  /** Its stored playbook, when it is what its journal claims. Errors: PLAYBOOK_ALTERED. */
  playbook(run: string, claim: PlaybookClaim): StoredPlaybook | undefined {
    return this.reading(() => provenPlaybook(run, runPaths(this.#home, run).playbook, claim));
  }

  /** Records as they come, until the run is driven no more. */
  async *follow(run: string, signal: AbortSignal): AsyncGenerator<AnyRecord, void, void> {
    if (!isRunId(run)) throw unknownRun(run);
    const { journal, blobs } = runPaths(this.#home, run);
    let proof = new ChainProof({ file: journal, run });
    let told = 0;
    while (!signal.aborted) {
      // Asked before reading: what its driver wrote before it let go is then read.
      const summary = this.summary(run);
      if (!summary && !this.exists(run)) throw unknownRun(run);
      const news = scanJournal(journal, proof);
      for (let next = this.reading(() => news.next()); !next.done; next = this.reading(() => news.next())) {
        if (proof.length <= told) continue;
        told = proof.length;
        yield restoreLarge(next.value, blobs);
      }
      if (summary?.status !== 'running') return;
      await sleep(followEvery, undefined, { signal }).catch(() => undefined);
      const length = statSync(journal, { throwIfNoEntry: false })?.size ?? 0;
      if (length >= proof.length) continue;
      // A write that found no room was cut back: what comes now stands where it stood.
      told = length;
      proof = new ChainProof({ file: journal, run });
    }
  }

  summary(run: string): DrivenSummary | null {
    return this.reading(() => summaryOf(readIndex(this.#indexPath, run), this, run));
  }

  /** What proves a journal is read before it: while a run goes on it may only be older. */
  #begin(run: string): Begun {
    if (!isRunId(run)) throw unknownRun(run);
    const paths = runPaths(this.#home, run);
    return this.reading(() => {
      const trace = traceRun(readIndex(this.#indexPath, run), run);
      const began = existsSync(paths.journal);
      const head = began ? readHead(paths.head) : readUnfinishedHead(paths.head);
      if (!trace?.end && !this.exists(run)) throw unknownRun(run, trace && noFiles);
      const end = trace?.end ? [{ seq: trace.end.seq, hash: trace.end.head }] : [];
      return { trace, paths, run, head, heads: [...end, ...(head ? [head] : [])] };
    });
  }

  *#scan({ run, paths, head, heads }: Begun): Generator<AnyRecord, ScanEnd, void> {
    const proof = new ChainProof({ file: paths.journal, run, heads });
    const scan = scanJournal(paths.journal, proof);
    for (;;) {
      const { done, value } = this.reading(() => scan.next());
      if (done) {
        proof.end();
        return { records: proof.head.seq, head: proof.head.hash, length: proof.length, tornBytes: value };
      }
      // A journal gets its head file before its first record.
      if (!head) throw damaged(paths.head, 0, 'the file is missing');
      yield this.reading(() => restoreLarge(value, paths.blobs));
    }
  }

  /** Reading that the system refuses is about the home, not about us. */
  reading<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw thrown instanceof PgdbaError ? thrown : unusable(this.#home, thrown);
    }
  }
}

/** Without a journal the directory may have been left half made, with a head of which nothing was written. */
function readUnfinishedHead(path: string): Head | undefined {
  try {
    return readHead(path);
  } catch (thrown) {
    if (thrown instanceof PgdbaError && thrown.code === 'JOURNAL_DAMAGED') return undefined;
    throw thrown;
  }
}

/** HOME_UNUSABLE, or JOURNAL_WRITE_FAILED when it is the disk; what is no system error is thrown as it is. */
export function unusable(home: string, thrown: unknown): PgdbaError {
  const code = systemCode(thrown);
  if (code === undefined) throw thrown;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') return writeFailure(home, thrown);
  return new PgdbaError('HOME_UNUSABLE', {
    facts: { home, problem: describe(thrown) },
    hint: 'give it to this user, or choose another with --home',
    cause: thrown,
  });
}
