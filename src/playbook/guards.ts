import type { ASTNode } from '@marcbachmann/cel-js';
import { children } from './cel.ts';

/** Paths that an expression tests with has() or against null. A null test says nothing about a key that may not be there. */
export function guardsOf(ast: ASTNode, found = new Set<string>()): ReadonlySet<string> {
  if (ast.op === 'call' && ast.args[0] === 'has') {
    const path = ast.args[1][0] && pathOf(ast.args[1][0]);
    if (path) found.add(path);
  } else if (ast.op === '==' || ast.op === '!=') {
    const [left, right] = ast.args;
    const tested = isNull(right) ? left : isNull(left) ? right : undefined;
    const path = tested && pathOf(tested);
    if (path) found.add(`${path} null`);
  }
  for (const child of children(ast)) guardsOf(child, found);
  return found;
}

/** `tasks.flush.out` of a chain of names, however it is written; undefined for anything else. */
export function pathOf(ast: ASTNode): string | undefined {
  if (ast.op === 'id') return ast.args;
  if (ast.op === '.' || ast.op === '.?') return join(pathOf(ast.args[0]), ast.args[1]);
  if (ast.op !== '[]' && ast.op !== '[?]') return undefined;
  const [of, index] = ast.args;
  return index.op === 'value' && typeof index.args === 'string' ? join(pathOf(of), index.args) : undefined;
}

function join(path: string | undefined, name: string): string | undefined {
  return path === undefined ? undefined : `${path}.${name}`;
}

function isNull(ast: ASTNode): boolean {
  return ast.op === 'value' && ast.args === null;
}
