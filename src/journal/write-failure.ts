import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';

/** JOURNAL_WRITE_FAILED for a file of the journal; facts: file, errno (a system code or null). */
export function writeFailure(file: string, thrown: unknown): PgdbaError {
  if (thrown instanceof PgdbaError) return thrown;
  const errno = systemCode(thrown) ?? null;
  return new PgdbaError('JOURNAL_WRITE_FAILED', {
    facts: { problem: problems[errno ?? ''] ?? describe(thrown), file, errno },
    hint: isFull(errno)
      ? `free some space on the disk of ${file}, then go on with: pgdba runs resume last`
      : `look after the disk of ${file}, then go on with: pgdba runs resume last`,
    cause: thrown,
  });
}

/** Whether giving some space back could help. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof PgdbaError && error.code === 'JOURNAL_WRITE_FAILED' && isFull(error.facts['errno']);
}

const problems: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reported an input/output error',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
};

function isFull(errno: unknown): boolean {
  return errno === 'ENOSPC' || errno === 'EDQUOT';
}
