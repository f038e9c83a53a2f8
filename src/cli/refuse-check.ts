import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Invocation } from './invocation.ts';

/** For verbs whose whole work is one act: `--check` must not perform it, and there is nothing to foretell. Errors: USAGE. */
export function refuseCheck({ globals }: Invocation, look: string): void {
  if (!globals.check) return;
  throw new PgdbaError('USAGE', {
    facts: { problem: 'this verb has no --check; nothing was done' },
    hint: `see how it stands: ${look}`,
  });
}
