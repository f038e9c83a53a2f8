import type { ErrorClass } from '../errors/codes.ts';
import { asCount, asDuration, asList, asText, didYouMean, openMap } from './decode.ts';
import { errorClasses } from './grammar.ts';
import type { Node } from './node.ts';
import type { Retry } from './playbook.ts';
import type { Problems } from './problems.ts';

const usual: Pick<Retry, 'backoff' | 'errors'> = {
  backoff: { first: 1000, longest: 30_000 },
  errors: ['transient', 'timeout'],
};

/** `retry: {max: 3, backoff: 1s..30s, errors: [transient, timeout]}`. */
export function decodeRetry(node: Node, problems: Problems): Retry | undefined {
  const fields = openMap(node, 'retry', problems);
  if (!fields) return undefined;
  const max = fields.read('max', asCount, null);
  const backoff = fields.read('backoff', asBackoff, usual.backoff);
  const errors = fields.read('errors', asErrorClasses, usual.errors);
  return max === null ? undefined : Object.freeze({ max, backoff: Object.freeze(backoff), errors });
}

/** `1s..30s`: first and longest pause. */
function asBackoff(node: Node, problems: Problems): Retry['backoff'] | undefined {
  const text = asText(node, problems);
  if (text === undefined) return undefined;
  const [from, to, ...others] = text.split('..');
  if (from === undefined || to === undefined || others.length > 0) {
    problems.add(node, `"${text}" is not a first and a longest pause`, 'write it as 1s..30s');
    return undefined;
  }
  const [first, longest] = [from, to].map((part) => asDuration({ ...scalarOf(node), value: part }, problems));
  if (first === undefined || longest === undefined) return undefined;
  if (first > 0 && first <= longest) return { first, longest };
  const problem = first > longest ? `the first pause (${from}) is above the longest (${to})` : 'the first pause is 0';
  problems.add(node, problem, 'write it as 1s..30s');
  return undefined;
}

function scalarOf({ start, end, path }: Node) {
  return { start, end, path, kind: 'scalar', quoted: false } as const;
}

function asErrorClasses(node: Node, problems: Problems): readonly ErrorClass[] | undefined {
  const classes = asList(asErrorClass)(node, problems);
  if (node.kind !== 'list' || node.items.length > 0) return classes && Object.freeze([...new Set(classes)]);
  problems.add(node, 'errors is empty: nothing would be tried again', 'leave it out for [transient, timeout]');
  return undefined;
}

function asErrorClass(node: Node, problems: Problems): ErrorClass | undefined {
  const text = asText(node, problems);
  if (text === undefined) return undefined;
  const known = errorClasses.find((name) => name === text);
  if (!known) problems.add(node, `there is no error class ${text}`, didYouMean(text, errorClasses));
  return known;
}
