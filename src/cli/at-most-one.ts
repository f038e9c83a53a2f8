import { PgdbaError } from '../errors/pgdba-error.ts';

/** The one of two flags that was given; null when none was. Errors: USAGE when both were. */
export function atMostOne<A extends string, B extends string>(
  options: Readonly<Record<string, unknown>>,
  [first, second]: readonly [A, B],
  hint: string,
): A | B | null {
  if (options[first] === true && options[second] === true) {
    const problem = `--${first} and --${second} exclude each other`;
    throw new PgdbaError('USAGE', { facts: { problem }, hint });
  }
  if (options[first] === true) return first;
  return options[second] === true ? second : null;
}
