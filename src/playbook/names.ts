/** Names of tasks, inputs, loop variables and result properties. */
export const namePattern = '^(?!(?:in|true|false|null)$)[a-z][a-z0-9_]{0,39}$';

const shape = new RegExp(namePattern);
const literals = new Set(['in', 'true', 'false', 'null']);

/** What is wrong with a name, or undefined. */
export function nameProblem(name: string): string | undefined {
  if (literals.has(name)) return `"${name}" is a word of the expression language`;
  if (name.length > 40) return `"${name.slice(0, 40)}…" is longer than 40 characters`;
  if (!shape.test(name)) return `"${name}" is not a name: lower-case letters, digits and _, beginning with a letter`;
  return undefined;
}

/** Options of every verb: an input of such a name could not be given on the command line. */
export const reservedInputs: ReadonlySet<string> = new Set(
  `name cluster patroni_url set check dry_run yes confirm override format events config home provider verbose log_level
   quiet journal reason wait fail_on plan out resolve reapply accept help version`.split(/\s+/),
);

/** What every expression sees; a loop variable may not hide one. */
export const scopeRoots = ['inputs', 'target', 'tasks', 'probes', 'run'] as const;

/** Words that mean something to CEL where a variable may stand: no loop variable may be called so. */
export const celWords: ReadonlySet<string> = new Set(
  `as break const continue else for function if import let loop package namespace return var void while
   bool bytes cel double dyn google int list map null_type optional string type uint`.split(/\s+/),
);
