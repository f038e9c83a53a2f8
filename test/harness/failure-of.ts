import { PgdbaError } from '../../src/errors/pgdba-error.ts';

/** The error of ours that an action ends with. */
export async function failureOf(action: Promise<unknown>): Promise<PgdbaError> {
  const thrown = await action.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof PgdbaError) return thrown;
  throw new Error(`not one of our errors: ${String(thrown)}`);
}
