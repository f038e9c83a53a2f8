import type { ErrorData } from '../errors/pgdba-error.ts';
import type { NotificationOccasion } from '../inventory/notifications.ts';
import type { AnyRecord, Json, RecordType, RunStatus } from '../journal/record.ts';

/** What receivers hear of a run: the body of a webhook, the standard input of a program. */
export interface RunEvent {
  /** `RUN/SEQ` of the record that says it: the same event has the same id for ever. */
  readonly id: string;
  readonly type: 'run';
  readonly run: string;
  readonly playbook: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly status: RunStatus;
  /** Null: not known, for the run may go on. */
  readonly changed: boolean | null;
  readonly error: ErrorData | null;
  readonly actor: string;
  readonly host: string;
  readonly reason: string | null;
  readonly ts: string;
  /** Hash of that record: whoever keeps it can prove later that the journal was not rewritten. */
  readonly head: string;
  /** The same in one sentence, under the name by which chat services take it. */
  readonly text: string;
}

/**
 * How the run stands by its last record; null when nobody is told of that: it goes on, or its parent run tells.
 * A drive that began and did not end belongs to a process that died: the run is `interrupted`.
 */
export function eventOf(records: readonly AnyRecord[]): RunEvent | null {
  const created = records.find((record) => record.type === 'run.created');
  const last = records.findLast(({ type }) => standing.has(type));
  if (!created || !last || created.data.parent !== undefined) return null;
  const { playbook, actor, host, reason, target } = created.data;
  const stands = standingOf(last);
  const cluster = nameOf(target);
  const what = `${playbook.name}${cluster === null ? '' : ` on ${cluster}`}: ${stands.status}`;
  return {
    id: `${last.run}/${last.seq}`,
    type: 'run',
    run: last.run,
    playbook: playbook.name,
    version: playbook.version,
    cluster,
    ...stands,
    actor,
    host,
    reason,
    ts: last.ts,
    head: last.hash,
    text: `pgdba ${what}${stands.error ? `. ${stands.error.error}` : ''} (run ${last.run})`,
  };
}

export function isWanted(status: RunStatus, on: readonly NotificationOccasion[]): boolean {
  return on.some((word) => word === 'any' || word === status || (word === 'trouble' && trouble.has(status)));
}

const trouble: ReadonlySet<RunStatus> = new Set<RunStatus>([
  'failed',
  'rolled-back',
  'rollback-failed',
  'partly-rolled-back',
  'drift',
  'needs-decision',
  'interrupted',
]);

/** Records that begin a drive or end one. */
const standing: ReadonlySet<RecordType> = new Set<RecordType>([
  'run.created',
  'run.resumed',
  'run.parked',
  'run.ended',
]);

function standingOf(last: AnyRecord): Pick<RunEvent, 'status' | 'changed' | 'error'> {
  if (last.type === 'run.ended') {
    const { status, changed, error } = last.data;
    return { status, changed, error };
  }
  if (last.type === 'run.parked') return { status: last.data.status, changed: null, error: last.data.error };
  return { status: 'interrupted', changed: null, error: null };
}

function nameOf(target: Json): string | null {
  if (target === null || typeof target !== 'object' || !('name' in target)) return null;
  return typeof target.name === 'string' ? target.name : null;
}
