import { PgdbaError } from '../errors/pgdba-error.ts';
import { isAlive, ownIdentity, type ProcessIdentity, sameProcess } from './process-identity.ts';
import type { EndLine, IndexLine, StartLine } from './run-index.ts';
import type { ListOptions, RunSummary } from './store.ts';

/** What the index knows of one run; lines newest first. */
export interface RunTrace {
  readonly latest: IndexLine;
  readonly end: EndLine | undefined;
  /** Who drives it, if anybody was left driving it. */
  readonly driver: ProcessIdentity | undefined;
}

/** A run as the index knows it, and the pid of the process that drives it, if one does. */
export type DrivenSummary = RunSummary & { readonly pid: number | null };

/** What is there of a run. */
export interface RunFiles {
  /** Whether it has its directory. */
  exists(id: string): boolean;
  /** Whether it has a record; asked only about a run that stopped without a word. */
  began(id: string): boolean;
}

/**
 * The runs that are asked for, from index lines that come newest first, no more of which are read than needed. Reads no
 * journal.
 */
export function listRuns(
  newestFirst: Iterable<IndexLine>,
  files: RunFiles,
  { limit, cluster, status, children = true }: ListOptions,
): RunSummary[] {
  const found: RunSummary[] = [];
  if (limit <= 0) return found;
  for (const { pid: _, ...summary } of drivenSummaries(newestFirst, files)) {
    if (cluster !== undefined && summary.cluster !== cluster) continue;
    if (status !== undefined && summary.status !== status) continue;
    if (!children && summary.parent !== null) continue;
    if (found.push(summary) === limit) break;
  }
  return found;
}

export function summaryOf(newestFirst: Iterable<IndexLine>, files: RunFiles, id: string): DrivenSummary | null {
  for (const summary of drivenSummaries(newestFirst, files)) if (summary.id === id) return summary;
  return null;
}

export function traceRun(newestFirst: Iterable<IndexLine>, id: string): RunTrace | undefined {
  let trace: RunTrace | undefined;
  for (const line of newestFirst) {
    if (line.id !== id) continue;
    if (line.is === 'pruned') break;
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
  const pruned = new Set<string>();
  for (const line of newestFirst) {
    if (line.is === 'pruned') pruned.add(line.id);
    if (line.is !== 'started' || pruned.has(line.id)) continue;
    // The last thing somebody started: a child run was started by a run.
    if (cluster && !line.parent && (cluster[1] === undefined || line.cluster === cluster[1])) return line.id;
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

/** Killed before its first record: nothing is known of it, neither its inputs nor the cluster it is about. */
export function neverBegan(run: string): PgdbaError {
  return new PgdbaError('RUN_NEVER_BEGAN', {
    facts: { run },
    hint: 'start it again; this one is taken off the list with: pgdba runs doctor --repair',
  });
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

/** Errors: RUN_UNKNOWN; RUN_OPEN when it goes on, or can. */
export function requireEnded(run: string, summary: RunSummary | null): void {
  if (!summary) throw unknownRun(run);
  const { status } = summary;
  if (!isOpen(status)) return;
  throw new PgdbaError('RUN_OPEN', {
    facts: { run, status },
    hint: `bring it to its end with: pgdba runs resume ${run}`,
  });
}

/** Whether a run is driven, or waits to be driven on. */
export function isOpen(status: RunSummary['status']): boolean {
  return open.has(status);
}

const open: ReadonlySet<RunSummary['status']> = new Set<RunSummary['status']>([
  'running',
  'interrupted',
  'drift',
  'needs-decision',
  'waiting',
]);

const shortestPart = 4;
const mostMatches = 10;

function* drivenSummaries(newestFirst: Iterable<IndexLine>, files: RunFiles): Generator<DrivenSummary, void, void> {
  const traces = new Map<string, RunTrace>();
  for (const line of newestFirst) {
    const trace = extend(traces.get(line.id), line);
    if (line.is === 'started') {
      traces.delete(line.id);
      if (trace.latest.is !== 'pruned') yield summarise(line, trace, files);
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

function summarise(start: StartLine, { latest, driver }: RunTrace, files: RunFiles): DrivenSummary {
  const end = latest.is === 'ended' ? latest : undefined;
  const parked = latest.is === 'left' ? latest.status : undefined;
  const running = driver !== undefined && files.exists(start.id) && isAlive(driver);
  const stopped = () => (files.exists(start.id) && !files.began(start.id) ? 'never-began' : 'interrupted');
  return {
    id: start.id,
    playbook: start.playbook,
    version: start.version,
    cluster: start.cluster,
    status: end?.status ?? (running ? 'running' : (parked ?? stopped())),
    changed: end?.changed ?? null,
    actor: start.actor,
    reason: start.reason,
    started_at: start.started_at,
    ended_at: end?.ended_at ?? null,
    parent: start.parent ?? null,
    pid: running ? driver.pid : null,
  };
}
