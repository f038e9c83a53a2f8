import type { ASTNode } from '@marcbachmann/cel-js';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import { type CelProblem, children, parseProgram, problemOf } from './cel.ts';
import { fromCel, toCel } from './cel-values.ts';
import { macroDepth } from './macros.ts';
import type { Expression, Scope } from './template.ts';

/**
 * Compiles a bare CEL expression. It is evaluated without types over plain data; what it reads is all that it converts.
 * An empty optional evaluates to undefined. Errors: EXPRESSION_FAILED (syntax, limits).
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
    if (reads.has(root)) picked[root] = toCel(value, { nested });
    else if (isPlainObject(value)) {
      const wanted = Object.entries(value).filter(([name]) => reads.has(`${root}.${name}`));
      picked[root] = toCel(Object.fromEntries(wanted), { nested });
    } else if ([...reads].some((read) => read.startsWith(`${root}.`))) picked[root] = toCel(value, { nested });
  }
  return picked;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function failed(expression: string, thrown: unknown, scope: Scope): PgdbaError {
  if (thrown instanceof PgdbaError) return thrown;
  const found: Pick<CelProblem, 'problem' | 'code'> = isOwn(thrown) ? { problem: describe(thrown), code: '' } : problemOf(thrown);
  const task = /^tasks\.(\w+)\.out\b/.exec(found.problem)?.[1];
  const skipped = task !== undefined && found.code === 'no_such_key' && !hasOut(scope, task);
  return new PgdbaError('EXPRESSION_FAILED', {
    facts: { expression, problem: skipped ? `${found.problem}: task ${task} has no result` : found.problem },
    hint: found.code === 'no_such_key' ? 'read what may be missing with has() or .?' : '',
    cause: thrown,
  });
}

/** The converters throw bare errors whose sentence is all there is to say. */
function isOwn(thrown: unknown): boolean {
  return thrown instanceof Error && Object.getPrototypeOf(thrown) === Error.prototype;
}

function hasOut(scope: Scope, task: string): boolean {
  const { tasks } = scope;
  const found = isPlainObject(tasks) ? tasks[task] : undefined;
  return isPlainObject(found) && found['out'] !== undefined;
}
