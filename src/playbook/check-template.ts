import { PgdbaError } from '../errors/pgdba-error.ts';
import { checkExpression, type View, type Wanted } from './check-expression.ts';
import { splitTemplate } from './compile-template.ts';
import type { Node, ScalarNode } from './node.ts';
import type { Placed, Problems } from './problems.ts';

/** Checks every `${{ }}` in a value of any form: outputs, questions. */
export function checkTemplates(node: Node, wanted: Wanted, view: View, problems: Problems): void {
  if (node.kind === 'list') for (const item of node.items) checkTemplates(item, wanted, view, problems);
  else if (node.kind === 'map') for (const { value } of node.entries) checkTemplates(value, wanted, view, problems);
  else if (asTemplate(node)) checkTemplate(node, wanted, view, problems);
}

/** The place in the file of an offset into a scalar; its beginning where escapes or folding hide it. */
export function placeInside(node: ScalarNode, text: string, problems: Problems): (offset: number) => Placed {
  const raw = problems.source.text.slice(node.start, node.end);
  const found = text === '' ? -1 : raw.indexOf(text);
  return (offset) => (found < 0 ? node : { start: node.start + found + offset, path: node.path });
}

/** Checks a scalar with `${{ }}` in it. */
export function checkTemplate(node: ScalarNode, wanted: Wanted, view: View, problems: Problems): void {
  const text = String(node.value);
  try {
    const pieces = splitTemplate(text);
    const alone = pieces.length === 1;
    for (const piece of pieces) {
      if ('text' in piece) continue;
      const expression = piece.expression.trim();
      const at = placeInside(node, expression, problems);
      checkExpression(expression, at, view, alone ? wanted : insideText, problems);
    }
    if (!alone && wanted.kinds && !wanted.kinds.includes('text') && !wanted.kinds.includes('any')) {
      problems.add(node, `${lastName(node)} must be ${wanted.as}, text around an expression makes text`);
    }
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    problems.add(node, String(thrown.facts['problem']), thrown.hint);
  }
}

const insideText: Wanted = { as: 'a plain value', kinds: ['text', 'integer', 'number', 'boolean'], empty: false };

/** The node when it is a scalar with `${{ }}` in it. */
export function asTemplate(node: Node): ScalarNode | undefined {
  return node.kind === 'scalar' && typeof node.value === 'string' && node.value.includes('${{') ? node : undefined;
}

/** The key that a value stands under. */
export function lastName(node: Placed): string {
  return node.path.split('.').at(-1) ?? node.path;
}
