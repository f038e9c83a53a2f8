/** A compiled CEL expression. `text` is what the author wrote. */
export interface Expression {
  readonly text: string;
  /** Over plain data; integers in and out are JS numbers. Errors: EXPRESSION_FAILED. */
  evaluate(scope: Scope): unknown;
}

/** What an expression sees: inputs, target, tasks, run, loop variables. Plain data only. */
export type Scope = Readonly<Record<string, unknown>>;

/** A YAML value with `${{ }}` places. */
export interface Template {
  /** As written. */
  readonly source: unknown;
  /**
   * Single pass, never re-rendered. A scalar that is exactly one expression keeps its type; a map entry whose value
   * is null or an empty optional is dropped. Errors: EXPRESSION_FAILED.
   */
  render(scope: Scope): unknown;
}
