import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Json } from '../journal/record.ts';
import type { ForEach } from '../playbook/playbook.ts';
import type { Expression, Scope } from '../playbook/template.ts';
import type { LoopItem } from './run-state.ts';

type Evaluate = (expression: Expression, scope: Scope) => unknown;

/** The items of a loop in the order of its list. Errors: EXPRESSION_FAILED, also for what is no list and a key given twice. */
export function loopItems(
  { in: from, as, key }: ForEach,
  scope: Scope,
  evaluate: Evaluate = (expression, at) => expression.evaluate(at),
): LoopItem[] {
  const list = evaluate(from, scope);
  if (!Array.isArray(list)) throw invalid(from.text, 'it is not a list');
  const items = list.map((value: Json) => ({ key: String(evaluate(key, { ...scope, [as]: value })), value }));
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item.key)) throw invalid(key.text, `two items have the key ${item.key}`);
    seen.add(item.key);
  }
  return items;
}

function invalid(expression: string, problem: string): PgdbaError {
  return new PgdbaError('EXPRESSION_FAILED', {
    facts: { expression, problem },
    hint: 'a loop takes a list, and a key that is different for each item',
  });
}
