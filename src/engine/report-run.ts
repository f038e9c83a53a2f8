import type { ErrorCode } from '../errors/codes.ts';
import type { ErrorData } from '../errors/pgdba-error.ts';
import type { EndStatus } from '../journal/record.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { Left } from './drive-context.ts';
import type { RunReport } from './report.ts';

/** The caller's answer. A failure that can be gone on with ends with the exact next command. */
export function reportRun(
  run: { readonly id: string | null; readonly playbook: Playbook; readonly cluster: string | null },
  left: Left,
  acted: boolean,
): RunReport {
  const { id, playbook, cluster } = run;
  const common = { id, playbook: playbook.name, version: playbook.version, cluster };
  if ('ended' in left) {
    const { status, changed, outputs, error } = left.ended;
    return {
      ...common,
      status,
      changed,
      outputs,
      error: error && id !== null && acted ? ended(error, status, id) : error,
    };
  }
  const { status } = left.parked;
  return {
    ...common,
    status,
    changed: acted,
    outputs: null,
    error: id !== null && acted ? withNext(left.error, id) : left.error,
  };
}

function ended(error: ErrorData, status: EndStatus, run: string): ErrorData {
  if (status === 'failed') return withNext(error, run);
  if (status !== 'rollback-failed' || error.hint.includes('runs rollback')) return error;
  const byHand = `or undo the rest by hand and say so: pgdba lease ack ${run} --reason "…"`;
  return { ...error, hint: `${begun(error)}then: pgdba runs rollback ${run}; ${byHand}` };
}

function withNext(error: ErrorData, run: string): ErrorData {
  if (error.hint.includes('runs resume')) return error;
  const { task } = error.facts;
  // Half of it may have been done: without the operator's word a resume does not do it again.
  const word = final.has(error.code) && typeof task === 'string' ? ` --resolve ${task}=not-done` : '';
  return { ...error, hint: `${begun(error)}then: pgdba runs resume ${run}${word}` };
}

function begun({ hint }: ErrorData): string {
  return hint ? `${hint}; ` : '';
}

/** Events that were heard to fail, with the task that they are about. */
const final: ReadonlySet<ErrorCode> = new Set(['COMMAND_FAILED', 'WEB_ANSWER', 'SQL_FAILED']);
