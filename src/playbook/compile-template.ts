import { PgdbaError } from '../errors/pgdba-error.ts';
import { compileExpression } from './expression.ts';
import type { Expression, Scope, Template } from './template.ts';

/**
 * Compiles a YAML value with `${{ }}` places. `absent` says what becomes of a map entry whose expression gives null or
 * an empty optional: parameters drop it (the step's default applies), outputs say null.
 * Errors: EXPRESSION_FAILED for syntax; `splitTemplate` finds the places.
 */
export function compileTemplate(value: unknown, absent: 'drop' | 'null' = 'drop'): Template {
  const render = compile(value, absent);
  return Object.freeze({ source: value, render: (scope: Scope) => render(scope) ?? null });
}

/** One piece of a scalar: text, or the expression between `${{` and `}}`. */
export type Piece = { readonly text: string } | { readonly expression: string; readonly at: number };

/** Splits a scalar at its `${{ }}` places. Throws EXPRESSION_FAILED when one is not closed. */
export function splitTemplate(scalar: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let expressions = 0;
  for (let open = scalar.indexOf('${{'); open >= 0; open = scalar.indexOf('${{', from)) {
    if (open > from) pieces.push({ text: scalar.slice(from, open) });
    const close = closing(scalar, open + 3);
    expressions += 1;
    if (expressions > mostInText) throw tooMany(open);
    pieces.push({ expression: scalar.slice(open + 3, close), at: open + 3 });
    from = close + 2;
  }
  if (from < scalar.length) pieces.push({ text: scalar.slice(from) });
  return pieces;
}

const mostInText = 100;

function tooMany(offset: number): PgdbaError {
  return new PgdbaError('EXPRESSION_FAILED', {
    facts: { expression: '${{ … }}', problem: `this text has more than ${mostInText} expressions`, offset },
    hint: 'join a list in one expression: ${{ names.join(", ") }}',
  });
}

/** Undefined: an empty optional. */
type Render = (scope: Scope) => unknown;

function compile(value: unknown, absent: 'drop' | 'null'): Render {
  if (typeof value === 'string') return compileScalar(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => compile(item, absent));
    return (scope) => items.map((item) => item(scope) ?? null);
  }
  if (value === null || typeof value !== 'object') return () => value;
  const entries = Object.entries(value).map(([key, item]) => [key, item, compile(item, absent)] as const);
  return (scope) => {
    const rendered = entries.map(([key, item, render]) => [key, item, render(scope) ?? null] as const);
    // A null the author wrote stays: it is a value, not something missing.
    const kept = rendered.filter(([, item, result]) => result !== null || item === null || absent === 'null');
    return Object.fromEntries(kept.map(([key, , result]) => [key, result]));
  };
}

function compileScalar(text: string): Render {
  const pieces = splitTemplate(text).map((piece) =>
    'text' in piece ? piece.text : compileExpression(piece.expression.trim()),
  );
  const [only] = pieces;
  if (pieces.length === 0 || (pieces.length === 1 && typeof only === 'string')) return () => text;
  if (pieces.length === 1 && only && typeof only !== 'string') return (scope) => only.evaluate(scope);
  return (scope) => pieces.map((piece) => (typeof piece === 'string' ? piece : insert(piece, scope))).join('');
}

/** Inside other text only a scalar has a form that nobody has to guess. */
function insert(expression: Expression, scope: Scope): string {
  const value = expression.evaluate(scope);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  const problem = value === null || value === undefined ? 'it gives nothing' : 'it gives a list or a map';
  throw new PgdbaError('EXPRESSION_FAILED', {
    facts: { expression: expression.text, problem: `${problem}, and stands inside other text` },
    hint: 'make it text, for example with orValue("…") or join(", ")',
  });
}

/** Offset of the `}}` that ends an expression: not one inside a string, nor the end of a map literal. */
function closing(scalar: string, from: number): number {
  let depth = 0;
  for (let at = from; at < scalar.length; at += 1) {
    const char = scalar[at];
    if (char === '"' || char === "'") at = endOfString(scalar, at);
    else if (char === '{') depth += 1;
    else if (char === '}' && depth > 0) depth -= 1;
    else if (char === '}' && scalar[at + 1] === '}') return at;
  }
  throw new PgdbaError('EXPRESSION_FAILED', {
    facts: { expression: scalar.slice(from, from + 200), problem: '${{ is not closed by }}', offset: from - 3 },
    hint: 'end the expression with }}',
  });
}

function endOfString(scalar: string, from: number): number {
  for (let at = from + 1; at < scalar.length; at += 1) {
    if (scalar[at] === '\\') at += 1;
    else if (scalar[at] === scalar[from]) return at;
  }
  return scalar.length;
}
