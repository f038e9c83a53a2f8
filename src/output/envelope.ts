import type { ErrorCode } from '../errors/codes.ts';
import type { ErrorData, Facts } from '../errors/pgdba-error.ts';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { RunStatus } from '../journal/record.ts';

/** What stdout carries, whatever the format. */
export type Envelope = SuccessEnvelope | FailureEnvelope;

export interface SuccessEnvelope {
  readonly success: true;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  /** The words of the verb. */
  readonly command: string;
  readonly data: unknown;
  readonly run?: RunPart;
}

export interface FailureEnvelope {
  readonly success: false;
  readonly timestamp: string;
  readonly command: string;
  /** One sentence. */
  readonly error: string;
  readonly code: ErrorCode;
  readonly facts: Facts;
  readonly hint: string;
  readonly run?: RunPart;
  readonly data?: unknown;
}

export interface RunPart {
  readonly id: string | null;
  readonly playbook: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly status: RunStatus;
  readonly changed: boolean;
}

/** A run's report, as far as the envelope shows it. */
export interface ReportedRun extends RunPart {
  readonly outputs: unknown;
  readonly error: ErrorData | null;
}

export function succeeded(command: string, data: unknown, now: Date): SuccessEnvelope {
  return { success: true, timestamp: now.toISOString(), command, data };
}

export function failed(command: string, error: ErrorData, now: Date, data?: unknown): FailureEnvelope {
  return {
    success: false,
    timestamp: now.toISOString(),
    command,
    error: error.error,
    code: error.code,
    facts: error.facts,
    hint: error.hint,
    ...(data === undefined ? {} : { data }),
  };
}

/** Outputs of a run that did not succeed are shown too, when it got as far as having any. */
export function ofRun(command: string, report: ReportedRun, now: Date): Envelope {
  const { id, playbook, version, cluster, status, changed } = report;
  const run = { id, playbook, version, cluster, status, changed };
  if (status === 'succeeded') return { ...succeeded(command, report.outputs, now), run };
  const error = report.error ?? unexplained(run);
  return { ...failed(command, error, now, hasContent(report.outputs) ? report.outputs : undefined), run };
}

function hasContent(outputs: unknown): boolean {
  return outputs !== null && outputs !== undefined && (typeof outputs !== 'object' || Object.keys(outputs).length > 0);
}

/** A run that left no error of its own still tells programs why it is not a success. */
function unexplained({ id, status, playbook, changed }: RunPart): ErrorData {
  if (status === 'declined') return new PgdbaError('DECLINED').toData();
  if (status === 'interrupted') {
    const hint = id === null ? 'nothing was begun; run it again when you like' : `go on with: pgdba runs resume ${id}`;
    return new PgdbaError('INTERRUPTED', { hint }).toData();
  }
  if (status === 'cancelled') {
    const hint = changed && id !== null ? `undo what it did with: pgdba runs rollback ${id}` : 'nothing was changed';
    return new PgdbaError('CANCELLED', { hint }).toData();
  }
  const problem = `the run ended ${status}`;
  return new PgdbaError('TASK_FAILED', {
    facts: { task: playbook, problem },
    hint: '`pgdba runs show last` tells what happened',
  }).toData();
}
