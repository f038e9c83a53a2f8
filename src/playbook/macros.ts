import type { ASTNode } from '@marcbachmann/cel-js';
import { children } from './cel.ts';

const loops = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** The loop variable and body of `list.map(x, …)` and its kin, or undefined. */
export function loopOf(ast: ASTNode): { list: ASTNode; variable: string; body: readonly ASTNode[] } | undefined {
  if (ast.op !== 'rcall' || !loops.has(ast.args[0])) return undefined;
  const [, list, [variable, ...body]] = ast.args;
  return variable?.op === 'id' ? { list, variable: variable.args, body } : undefined;
}

/** How many loops stand inside each other: `a.map(x, b.filter(y, …))` is 2. */
export function macroDepth(ast: ASTNode): number {
  const loop = loopOf(ast);
  if (!loop) return deepest(children(ast));
  return Math.max(macroDepth(loop.list), 1 + deepest(loop.body));
}

function deepest(nodes: readonly ASTNode[]): number {
  return nodes.reduce((depth, node) => Math.max(depth, macroDepth(node)), 0);
}
