import { asPgdbaError } from '../errors/pgdba-error.ts';

/**
 * Errors that are no outcome of a task: the journal broke, or the cluster is not this run's to work on any more. Nothing
 * may be undone by such a run; it is left as it stands.
 */
export function endsDrive(thrown: unknown): boolean {
  const { code, class: kind } = asPgdbaError(thrown);
  return kind === 'journal' || code === 'LEASE_LOST' || code === 'FENCED';
}
