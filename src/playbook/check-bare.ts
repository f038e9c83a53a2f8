import { type Checked, checkExpression, type View, type Wanted } from './check-expression.ts';
import { placeInside } from './check-template.ts';
import type { ScalarNode } from './node.ts';
import type { Problems } from './problems.ts';

export const condition: Wanted = { as: 'true or false', kinds: ['boolean'], empty: false };
export const list: Wanted = { as: 'a list', kinds: ['list'], empty: false };
export const key: Wanted = { as: 'text', kinds: ['text', 'integer'], empty: false };

/** An expression where no `${{ }}` stands: `when`, `in`, `key`, `must`. Undefined when there was a problem. */
export function checkBare(node: ScalarNode, view: View, wanted: Wanted, problems: Problems): Checked | undefined {
  const text = String(node.value);
  if (text.includes('${{')) {
    problems.add(node, 'an expression stands here bare, without ${{ }}', 'leave out ${{ and }}');
    return undefined;
  }
  return checkExpression(text, placeInside(node, text, problems), view, wanted, problems);
}
