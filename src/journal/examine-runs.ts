import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { asPgdbaError, systemCode } from '../errors/pgdba-error.ts';
import { livingChildren } from './children.ts';
import { readHead } from './head-file.ts';
import { readIndex } from './index-file.ts';
import { PlaybookClaim } from './prove-playbook.ts';
import { type AnyRecord, type EndStatus, syncedTypes } from './record.ts';
import { runPaths } from './run-directory.ts';
import { isRunId, leftLine } from './run-index.ts';
import { RunReader, type ScanEnd } from './run-reader.ts';

/** Something about the runs of a home that is not as it should be. */
export interface RunFinding {
  readonly problem: FindingKind;
  readonly run: string | null;
  readonly detail: string;
  /** What to do about it; what `--repair` does, where it can. */
  readonly hint: string;
  readonly repairable: boolean;
}

export type FindingKind =
  | 'index-missing'
  | 'not-in-index'
  | 'no-directory'
  | 'never-began'
  | 'removed-in-part'
  | 'end-not-in-index'
  | 'torn-tail'
  | 'head-behind'
  | 'unreadable'
  | 'stray-programs';

/** Looks at every run of a home, in its files and in the index; changes nothing. Runs that go on are left alone. */
export function* examineRuns(home: string): Generator<RunFinding, void, void> {
  const runs = join(home, 'runs');
  const directories = namesIn(runs).filter(isRunId).sort();
  const index = readWholeIndex(join(runs, 'index.jsonl'));
  if (directories.length > 0 && !existsSync(join(runs, 'index.jsonl'))) {
    yield {
      problem: 'index-missing',
      run: null,
      detail: `${directories.length} runs have no list`,
      hint: 'make it anew from their journals',
      repairable: true,
    };
  }
  for (const id of index.started) {
    if (directories.includes(id) || index.pruned.has(id)) continue;
    const summary = new RunReader(home).summary(id);
    if (summary?.status === 'running') continue;
    yield finding('no-directory', id, 'its files are gone, or it never came to have any', 'take it off the list');
  }
  for (const id of directories) yield* examineRun(home, id, index);
}

interface Index {
  readonly started: ReadonlySet<string>;
  readonly pruned: ReadonlySet<string>;
}

function* examineRun(home: string, id: string, { started, pruned }: Index): Generator<RunFinding, void, void> {
  const reader = new RunReader(home);
  const summary = reader.summary(id);
  if (summary?.status === 'running') return;
  if (pruned.has(id)) {
    yield finding('removed-in-part', id, 'it was removed, but not all of its files', 'remove the rest');
    return;
  }
  const paths = runPaths(home, id);
  const strays = livingChildren(paths.children);
  if (strays.length > 0) {
    const names = strays.map(({ pid, argv0 }) => `${argv0} (pid ${pid})`).join(', ');
    yield finding('stray-programs', id, `programs of a dead run go on: ${names}`, 'end them');
  }
  const story = readStory(reader, id);
  if ('error' in story) {
    yield { problem: 'unreadable', run: id, detail: story.error, hint: story.hint, repairable: false };
    return;
  }
  const { end, last, synced, records } = story;
  if (end.records === 0) {
    yield finding('never-began', id, 'it was killed before its first record: nothing was changed', 'remove it');
    return;
  }
  if (!started.has(id) && records.length > 0) yield finding('not-in-index', id, 'the list lacks it', 'add it');
  if (end.tornBytes > 0) {
    yield finding('torn-tail', id, `its last line is half there (${end.tornBytes} bytes)`, 'cut it off, with a note');
  }
  const head = readHead(paths.head);
  if (head && head.seq < synced) {
    yield finding('head-behind', id, `head stands at record ${head.seq}, the journal at ${synced}`, 'bring it up');
  }
  const told = statusTold(records, last);
  if (started.has(id) && told !== null && summary && summary.status !== told) {
    yield finding('end-not-in-index', id, `the list says ${summary.status}, its journal ${told}`, 'add it to the list');
  }
}

/** How a journal says that its run stands; null where it says nothing. */
export function statusTold(records: readonly AnyRecord[], last: AnyRecord | undefined): string | null {
  if (last?.type === 'run.ended') return last.data.status satisfies EndStatus;
  return leftLine('', records, '').status ?? null;
}

interface Story {
  readonly end: ScanEnd;
  readonly last: AnyRecord | undefined;
  /** seq of the last record that must be on disk. */
  readonly synced: number;
  /** Those that say how the run stands. */
  readonly records: readonly AnyRecord[];
}

function readStory(reader: RunReader, id: string): Story | { readonly error: string; readonly hint: string } {
  try {
    const records: AnyRecord[] = [];
    let synced = 0;
    let last: AnyRecord | undefined;
    const claim = new PlaybookClaim();
    const scan = reader.scan(id);
    for (;;) {
      const { done, value } = scan.next();
      if (done) {
        reader.playbook(id, claim);
        return { end: value, last, synced, records };
      }
      last = value;
      claim.note(value);
      if (syncedTypes.has(value.type)) synced = value.seq;
      if (/^run\./.test(value.type)) records.push(value);
    }
  } catch (thrown) {
    const { message, hint } = asPgdbaError(thrown);
    return { error: message, hint };
  }
}

function readWholeIndex(path: string): Index {
  const started = new Set<string>();
  const pruned = new Set<string>();
  for (const line of readIndex(path)) {
    if (line.is === 'started') started.add(line.id);
    // Lines come newest first: a child run that never began is started again under its id.
    if (line.is === 'pruned' && !started.has(line.id)) pruned.add(line.id);
  }
  return { started, pruned };
}

function finding(problem: FindingKind, run: string, detail: string, hint: string): RunFinding {
  return { problem, run, detail, hint, repairable: true };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
