import type { ErrorData } from '../errors/pgdba-error.ts';
import type { RunStatus } from '../journal/record.ts';

/** Exit codes that are not a run's or an error's own. */
export const exitOk = 0;
/** sysexits.h EX_IOERR, as for the journal. */
export const exitOutputLost = 74;
export const exitInterrupted = 130;

const byStatus: Readonly<Record<RunStatus, number>> = {
  succeeded: exitOk,
  failed: 1,
  refused: 3,
  declined: 3,
  'rolled-back': 5,
  'rollback-failed': 6,
  'partly-rolled-back': 6,
  'needs-decision': 7,
  waiting: 7,
  drift: 8,
  interrupted: exitInterrupted,
  cancelled: exitInterrupted,
};

const byClass: Readonly<Record<ErrorData['class'], number>> = {
  usage: 2,
  precheck: 3,
  transient: 1,
  timeout: 1,
  conflict: 1,
  permanent: 1,
  journal: 74,
  bug: 70,
};

const byCode: Partial<Record<ErrorData['code'], number>> = {
  LEASE_BUSY: 4,
  LEASE_QUARANTINED: 4,
  RUN_ALIVE: 4,
  INVENTORY_BUSY: 4,
  DRIFT: 8,
  INTERRUPTED: exitInterrupted,
};

/** A run's exit code follows its status; only a journal or a program that failed under it says so instead. */
export function exitOfRun(status: RunStatus, error: ErrorData | null): number {
  const ownFault = error !== null && (error.class === 'journal' || error.class === 'bug');
  if (ownFault && ['failed', 'interrupted', 'refused'].includes(status)) return byClass[error.class];
  return byStatus[status];
}

/** For an error without a run. */
export function exitOfError(error: ErrorData): number {
  return byCode[error.code] ?? byClass[error.class];
}
