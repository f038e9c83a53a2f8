import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { emptyHead, type Head } from './chain.ts';
import { isAlive, ownIdentity, type ProcessIdentity, sameProcess } from './process-identity.ts';
import type { AnyRecord, EndStatus, JournalRecord } from './record.ts';
import type { NewRun, RunSummary } from './store.ts';

/** A line of the index of all runs. Several tell the story of one run; the newest decides its status. */
export type IndexLine = StartLine | ResumedLine | LeftLine | EndLine;

export interface StartLine {
  readonly is: 'started';
  readonly id: string;
  readonly playbook: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly started_at: string;
  readonly process: ProcessIdentity;
}

/** Another process drives the run on. */
export interface ResumedLine {
  readonly is: 'resumed';
  readonly id: string;
  readonly at: string;
  readonly process: ProcessIdentity;
}

/** Its process lives on but drives it no longer (parked, left): without this line it would pass for running. */
export interface LeftLine {
  readonly is: 'left';
  readonly id: string;
  readonly at: string;
}

export interface EndLine {
  readonly is: 'ended';
  readonly id: string;
  readonly status: EndStatus;
  readonly changed: boolean;
  readonly ended_at: string;
  /** seq and hash of `run.ended`. */
  readonly seq: number;
  readonly head: string;
}

/** What the index knows of one run; lines newest first. */
export interface RunTrace {
  readonly latest: IndexLine;
  readonly end: EndLine | undefined;
  /** Who drives it, if anybody was left driving it. */
  readonly driver: ProcessIdentity | undefined;
}

export function startLine(run: NewRun, { redactor, now }: { redactor: Redactor; now: () => number }): StartLine {
  const hide = (text: string | null): string | null => (text === null ? null : redactor.redact(text));
  return {
    is: 'started',
    id: run.id,
    playbook: redactor.redact(run.playbook),
    version: redactor.redact(run.version),
    cluster: hide(run.cluster),
    actor: redactor.redact(run.actor),
    reason: hide(run.reason),
    started_at: new Date(now()).toISOString(),
    process: ownIdentity(),
  };
}

export function endLine({ run, seq, hash, ts, data }: JournalRecord<'run.ended'>): EndLine {
  return { is: 'ended', id: run, status: data.status, changed: data.changed, ended_at: ts, seq, head: hash };
}

/** seq and hash of the last record. */
export function headOf(records: readonly AnyRecord[]): Head {
  const last = records.at(-1);
  return last ? { seq: last.seq, hash: last.hash } : emptyHead;
}

/** A run as the index knows it, and the pid of the process that drives it, if one does. */
export type DrivenSummary = RunSummary & { readonly pid: number | null };

/** Summaries from index lines that come newest first; opens no run. `exists` says whether a run has its directory. */
export function* summaries(
  newestFirst: Iterable<IndexLine>,
  exists: (id: string) => boolean,
): Generator<RunSummary, void, void> {
  for (const { pid: _, ...summary } of drivenSummaries(newestFirst, exists)) yield summary;
}

export function summaryOf(
  newestFirst: Iterable<IndexLine>,
  exists: (id: string) => boolean,
  id: string,
): DrivenSummary | null {
  for (const summary of drivenSummaries(newestFirst, exists)) if (summary.id === id) return summary;
  return null;
}

export function traceRun(newestFirst: Iterable<IndexLine>, id: string): RunTrace | undefined {
  let trace: RunTrace | undefined;
  for (const line of newestFirst) {
    if (line.id !== id) continue;
    trace = extend(trace, line);
    if (line.is === 'started') break;
  }
  return trace;
}

/** The full id for `last`, `last:CLUSTER` or a part of an id. Errors: RUN_UNKNOWN, RUN_AMBIGUOUS. */
export function resolveRun(newestFirst: Iterable<IndexLine>, wanted: string): string {
  const cluster = /^last(?::(.*))?$/s.exec(wanted);
  if (!cluster && wanted.length < shortestPart) {
    throw unknownRun(wanted, `give at least ${shortestPart} characters of its id, or "last"`);
  }
  const part = wanted.toUpperCase();
  const matches: string[] = [];
  for (const line of newestFirst) {
    if (line.is !== 'started') continue;
    if (cluster && (cluster[1] === undefined || line.cluster === cluster[1])) return line.id;
    if (!cluster && line.id.includes(part)) matches.push(line.id);
  }
  const [first, second] = matches;
  if (first === undefined) throw unknownRun(wanted);
  if (second === undefined) return first;
  throw new PgdbaError('RUN_AMBIGUOUS', {
    facts: { run: wanted, matches: matches.slice(0, mostMatches) },
    hint: 'give more characters of the id; see: pgdba runs list',
  });
}

export function unknownRun(run: string, hint = 'see which there are with: pgdba runs list'): PgdbaError {
  return new PgdbaError('RUN_UNKNOWN', { facts: { run }, hint });
}

/** Errors: RUN_ALIVE when another living process drives the run. */
export function requireUndriven(run: string, trace: RunTrace | undefined): void {
  const driver = trace?.driver;
  if (!driver || sameProcess(driver, ownIdentity()) || !isAlive(driver)) return;
  throw new PgdbaError('RUN_ALIVE', {
    facts: { run, pid: driver.pid },
    hint: `see how far it is with: pgdba runs show ${run}`,
  });
}

export function isIndexLine(value: unknown): value is IndexLine {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('is' in value)) return false;
  return typeof value.id === 'string' && ['started', 'resumed', 'left', 'ended'].includes(String(value.is));
}

/** Every run id is one: nothing else is ever made a path. */
export function isRunId(text: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text);
}

const shortestPart = 4;
const mostMatches = 10;

function* drivenSummaries(
  newestFirst: Iterable<IndexLine>,
  exists: (id: string) => boolean,
): Generator<DrivenSummary, void, void> {
  const traces = new Map<string, RunTrace>();
  for (const line of newestFirst) {
    const trace = extend(traces.get(line.id), line);
    if (line.is === 'started') {
      traces.delete(line.id);
      yield summarise(line, trace, exists);
    } else {
      traces.set(line.id, trace);
    }
  }
}

function extend(trace: RunTrace | undefined, older: IndexLine): RunTrace {
  const drives = older.is === 'started' || older.is === 'resumed' ? older.process : undefined;
  const latest = trace?.latest ?? older;
  return {
    latest,
    end: trace?.end ?? (older.is === 'ended' ? older : undefined),
    driver: trace ? trace.driver : drives,
  };
}

function summarise(start: StartLine, { latest, driver }: RunTrace, exists: (id: string) => boolean): DrivenSummary {
  const end = latest.is === 'ended' ? latest : undefined;
  const running = driver !== undefined && exists(start.id) && isAlive(driver);
  return {
    id: start.id,
    playbook: start.playbook,
    version: start.version,
    cluster: start.cluster,
    status: end?.status ?? (running ? 'running' : 'interrupted'),
    changed: end?.changed ?? null,
    actor: start.actor,
    reason: start.reason,
    started_at: start.started_at,
    ended_at: end?.ended_at ?? null,
    pid: running ? driver.pid : null,
  };
}
