import type { ErrorData } from '../errors/pgdba-error.ts';
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
    const resumable = id !== null && status === 'failed' && acted;
    return { ...common, status, changed, outputs, error: error && resumable ? withNext(error, id) : error };
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

function withNext(error: ErrorData, run: string): ErrorData {
  if (error.hint.includes('runs resume')) return error;
  return { ...error, hint: `${error.hint ? `${error.hint}; ` : ''}then: pgdba runs resume ${run}` };
}
