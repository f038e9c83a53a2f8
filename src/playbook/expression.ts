import type { ASTNode } from '@marcbachmann/cel-js';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import { type CelProblem, children, parseProgram, problemOf } from './cel.ts';
import { fromCel, toCel } from './cel-values.ts';
import { macroDepth } from './macros.ts';
import type { Expression, Scope } from './template.ts';

/**
 * Compiles a bare CEL expression. It is evaluated without types over plain data; what it reads is all that it converts.
 * An empty optional evaluates to undefined. Errors: EXPRESSION_FAILED (syntax, limits; evaluating: with a fact `task`
 * when what is missing is the result of that task).
 */
export function compileExpression(text: string): Expression {
  const { ast, run } = parseProgram(text);
  const nested = macroDepth(ast) > 1;
  const reads = readsOf(ast);
  return Object.freeze({
    text,
    evaluate(scope: Scope): unknown {
      try {
        return fromCel(run(pick(scope, reads, nested)));
      } catch (thrown) {
        throw failed(text, thrown, scope);
      }
    },
  });
}

/** Names an expression reads: `inputs` or, where it says so, `inputs.max_lag`. */
function readsOf(ast: ASTNode, found = new Set<string>()): ReadonlySet<string> {
  if (ast.op === 'id') found.add(ast.args);
  else if (ast.op === '.' && ast.args[0].op === 'id') found.add(`${ast.args[0].args}.${ast.args[1]}`);
  else for (const child of children(ast)) readsOf(child, found);
  return found;
}

function pick(scope: Scope, reads: ReadonlySet<string>, nested: boolean): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const [root, value] of Object.entries(scope)) {
    const fields = [...reads].filter((read) => read.startsWith(`${root}.`)).map((read) => read.slice(root.length + 1));
    if (reads.has(root)) picked[root] = toCel(value, { nested });
    else if (fields.length > 0 && isPlainObject(value)) {
      const wanted = fields.filter((field) => Object.hasOwn(value, field)).map((field) => [field, value[field]]);
      picked[root] = toCel({ ...(root === 'tasks' ? notRun(fields) : {}), ...Object.fromEntries(wanted) }, { nested });
    } else if (fields.length > 0) picked[root] = toCel(value, { nested });
  }
  return picked;
}

/** Which tasks exist was checked when the playbook was loaded: one that is not in scope has not run. */
function notRun(tasks: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(tasks.map((task) => [task, { status: 'not-run', changed: false }]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function failed(expression: string, thrown: unknown, scope: Scope): PgdbaError {
  if (thrown instanceof PgdbaError) return thrown;
  const { problem, code }: Pick<CelProblem, 'problem' | 'code'> = isOwn(thrown)
    ? { problem: describe(thrown), code: '' }
    : problemOf(thrown);
  const missing = code === 'no_such_key';
  const task = missing ? /^tasks\.(\w+)\.(?:out|items)\b/.exec(problem)?.[1] : undefined;
  const withoutResult = task !== undefined && !hasResult(scope, task);
  return new PgdbaError('EXPRESSION_FAILED', {
    facts: withoutResult
      ? { expression, problem: `${problem}: task ${task} has no result`, task }
      : { expression, problem },
    hint: missing ? 'read what may be missing with has() or .?' : '',
    cause: thrown,
  });
}

/** The converters throw bare errors whose sentence is all there is to say. */
function isOwn(thrown: unknown): boolean {
  return thrown instanceof Error && Object.getPrototypeOf(thrown) === Error.prototype;
}

function hasResult(scope: Scope, task: string): boolean {
  const { tasks } = scope;
  const found = isPlainObject(tasks) ? tasks[task] : undefined;
  return isPlainObject(found) && (found['out'] ?? found['items']) !== undefined;
}
