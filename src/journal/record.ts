import type { ErrorData } from '../errors/pgdba-error.ts';

/** The newest line format this program writes and reads. */
export const journalVersion = 1;

/** One line of a journal. `hash` = sha256(prev ‖ the line's bytes before `,"hash"`), hex. */
export interface JournalRecord<T extends RecordType = RecordType> {
  readonly v: number;
  readonly seq: number;
  /** UTC wall clock, RFC 3339 with milliseconds. */
  readonly ts: string;
  readonly run: string;
  readonly type: T;
  readonly task?: string;
  /** Key of the loop item inside the task. */
  readonly item?: string;
  readonly attempt?: number;
  readonly data: RecordData[T];
  readonly prev: string;
  readonly hash: string;
}

/** What a writer hands over: the store adds v, seq, ts, run, prev and hash. */
export interface NewRecord<T extends RecordType = RecordType> {
  readonly type: T;
  readonly task?: string;
  readonly item?: string;
  readonly attempt?: number;
  readonly data: RecordData[T];
}

export type AnyRecord = { [T in RecordType]: JournalRecord<T> }[RecordType];
export type RecordType = keyof RecordData;

/** A text stored beside the journal, as it lies there, secrets masked: the playbook first, then those of its child runs. */
export type StoredText = { readonly file: string; readonly sha256: string };

/** Every record type and what it carries. Types may be added; an old one never changes its meaning. */
export interface RecordData {
  'run.created': {
    pgdba: string;
    playbook: { name: string; version: string; sha256: string; risk: string };
    inputs: Json;
    target: Json;
    actor: string;
    host: string;
    reason: string | null;
    consent: string;
    /** A child run: whose task started it. */
    parent?: { run: string; task: string; item: string | null };
    /** Hash of the saved plan that it carries out. */
    plan?: string;
    stored?: readonly StoredText[];
  };
  'run.resumed': { pgdba: string; playbook?: string; actor: string; host: string; pid: number };
  'lease.acquired': { keys: readonly string[]; token: number };
  'lease.stolen': { keys: readonly string[]; token: number; from: string; why: string };
  'lease.lost': { keys: readonly string[]; holder: string };
  'lease.released': { keys: readonly string[] };
  'precheck.overridden': { reason: string; by: string };
  'precheck.result': { outcome: 'ok' | 'failed'; out: Json; error: ErrorData | null; ms: number };
  'task.expanded': { items: readonly { key: string; value: Json }[] };
  'task.skipped': { why: string };
  'task.checked': { is: 'satisfied' | 'change' | 'pending' | 'unknown'; summary: string; diff: string | null };
  'task.asked': { question: string };
  'task.answered': { yes: boolean; by: string };
  'task.intent': {
    uses: string;
    params: Json;
    memo: Json;
    pivot: boolean;
    hold: boolean;
    /** Where the cluster stood. */
    fence?: FenceMark | null;
    /** The run that a `playbook:` task starts. */
    child?: string;
  };
  /** A task that failed is tried again after this pause. */
  'task.retry': { attempt: number; after_ms: number; why: string };
  'task.receipt': { receipt: Json };
  'task.result': {
    outcome: Outcome;
    /** It failed, and the step proved that nothing had happened. */
    not_done?: boolean;
    out: Json;
    error: ErrorData | null;
    warnings: readonly string[];
    ms: number;
    /** Where the cluster stands after a task that moved it. */
    fence?: FenceMark | null;
  };
  'approval.asked': {
    question: string;
    /** Inputs that the approver fills in, as a playbook declares them. */
    form: Json;
    /** Hash of what is asked about: playbook, inputs, target and results so far. */
    plan: string;
    requested_by: string;
    expires_at: string;
  };
  'approval.given': { approved: boolean; by: string; reason: string | null; form: Json; plan: string; at: string };
  'drift.decided': { decision: 'reapply' | 'accept'; by: string; diff: string };
  'run.cancel': { how: 'leave' | 'rollback'; by: string; why: string | null };
  'playbook.replaced': { version: string; sha256: string; by: string; stored?: readonly StoredText[] };
  'hold.released': { by: 'task' | 'engine' | 'guard' | 'rollback'; at: string; why: string };
  'hold.retaken': { why: string };
  'probe.result': {
    out: Json;
    error: ErrorData | null;
    ms: number;
    /** Of a probe that must hold. */
    must?: { holds: boolean; text: string };
  };
  'decision.given': { decision: 'done' | 'not-done'; by: string };
  'rollback.begun': { why: string; by?: string };
  'rollback.intent': { summary: string };
  'rollback.result': { outcome: 'undone' | 'kept' | 'failed'; why: string | null; error: ErrorData | null; ms: number };
  'rollback.ended': { outcome: 'complete' | 'partial' | 'failed' };
  'run.parked': {
    why: string;
    status: 'drift' | 'needs-decision' | 'interrupted' | 'waiting';
    error: ErrorData | null;
  };
  'journal.repaired': { cut_bytes: number; at: number };
  'run.ended': { status: EndStatus; changed: boolean; outputs: Json; error: ErrorData | null; head: string };
}

/** How a run stands when its driver lets go of it. */
export type RunStatus = EndStatus | RecordData['run.parked']['status'];
export type Outcome = 'ok' | 'changed' | 'failed' | 'unknown';
export type EndStatus =
  | 'succeeded'
  | 'failed'
  | 'refused'
  | 'declined'
  | 'rolled-back'
  | 'rollback-failed'
  | 'partly-rolled-back'
  | 'cancelled';

/** Identity and timeline of a cluster, compared before each change. */
export interface FenceMark {
  readonly system_identifier: string;
  readonly timeline: number;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Records that are on disk before `append` answers. */
export const syncedTypes: ReadonlySet<RecordType> = new Set<RecordType>([
  'run.created',
  'run.resumed',
  'lease.acquired',
  'lease.stolen',
  'lease.lost',
  'lease.released',
  'precheck.overridden',
  'task.expanded',
  'task.asked',
  'task.answered',
  'task.intent',
  'task.receipt',
  'task.result',
  'hold.released',
  'hold.retaken',
  'decision.given',
  'drift.decided',
  'approval.asked',
  'approval.given',
  'run.cancel',
  'playbook.replaced',
  'rollback.begun',
  'rollback.intent',
  'rollback.result',
  'rollback.ended',
  'run.parked',
  'journal.repaired',
  'run.ended',
]);
