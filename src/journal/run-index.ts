import type { Redactor } from '../secrets/redactor.ts';
import { emptyHead, type Head } from './chain.ts';
import { ownIdentity, type ProcessIdentity } from './process-identity.ts';
import type { AnyRecord, EndStatus, JournalRecord, RunStatus } from './record.ts';
import type { NewRun } from './store.ts';

/** A line of the index of all runs. Several tell the story of one run; the newest decides its status. */
export type IndexLine = StartLine | ResumedLine | LeftLine | EndLine | PrunedLine;

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
  /** The run whose task started this one; not there in lines of older versions. */
  readonly parent?: string;
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
  /** How it was parked, when it was. */
  readonly status?: ParkedStatus;
}

/** The run was removed: its earlier lines count no more. */
export interface PrunedLine {
  readonly is: 'pruned';
  readonly id: string;
  readonly at: string;
}

export type ParkedStatus = Exclude<RunStatus, EndStatus>;

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
    ...(run.parent ? { parent: run.parent } : {}),
  };
}

/** A line for a run that is let go of without an end, with the status it was parked with. */
export function leftLine(id: string, records: readonly AnyRecord[], at: string): LeftLine {
  const status = parkedStatus(records);
  return { is: 'left', id, at, ...(status === undefined ? {} : { status }) };
}

function parkedStatus(records: readonly AnyRecord[]): ParkedStatus | undefined {
  for (let at = records.length - 1; at >= 0; at -= 1) {
    const record = records[at];
    if (record?.type === 'run.parked') return record.data.status;
    if (record?.type === 'run.resumed' || record?.type === 'run.created') return undefined;
  }
  return undefined;
}

export function endLine({ run, seq, hash, ts, data }: JournalRecord<'run.ended'>): EndLine {
  return { is: 'ended', id: run, status: data.status, changed: data.changed, ended_at: ts, seq, head: hash };
}

/** seq and hash of the last record. */
export function headOf(records: readonly AnyRecord[]): Head {
  const last = records.at(-1);
  return last ? { seq: last.seq, hash: last.hash } : emptyHead;
}

/** Every run id is one: nothing else is ever made a path. */
export function isRunId(text: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text);
}

export function isIndexLine(value: unknown): value is IndexLine {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('is' in value)) return false;
  return typeof value.id === 'string' && ['started', 'resumed', 'left', 'ended', 'pruned'].includes(String(value.is));
}
