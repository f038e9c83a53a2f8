import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Invocation } from './invocation.ts';

/** What goes on record as the operator's reason, secrets taken out. Errors: USAGE without `--reason`. */
export function givenReason({ globals, retry, program }: Invocation, act: string): string {
  const reason = globals.reason?.trim() ?? '';
  if (reason !== '') return program.redactor.redact(reason);
  throw new PgdbaError('USAGE', { facts: { problem: `${act} needs a reason` }, hint: `${retry} --reason "…"` });
}
