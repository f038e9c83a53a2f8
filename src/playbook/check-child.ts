import { PgdbaError } from '../errors/pgdba-error.ts';
import type { View, Wanted } from './check-expression.ts';
import { asTemplate, checkTemplate, lastName } from './check-template.ts';
import { didYouMean } from './decode.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { StepUse } from './decode-task.ts';
import type { Input } from './input.ts';
import { readGivenValue, readInputValue } from './input-value.ts';
import { type ListNode, type Node, plain } from './node.ts';
import type { Playbook } from './playbook.ts';
import type { Placed, Problems } from './problems.ts';
import { kindNames, shapeOfInput } from './shape.ts';

/** A child run works on its parent's target under its parent's lease, and takes its inputs from `with`. */
export function checkChild(
  { at, with: given }: StepUse,
  child: Playbook,
  parent: PlaybookDraft,
  task: Placed,
  view: View,
  problems: Problems,
): void {
  if (child.target !== 'none' && child.target !== parent.target) {
    const problem = `${child.name} works on target ${child.target}, this playbook on ${parent.target}`;
    problems.add(at, problem, `write target: ${child.target}`);
  } else if (child.target !== 'none' && child.risk !== 'read-only') checkLease(at, child, parent, problems);
  const entries = given?.entries ?? [];
  for (const { key, at: place, value } of entries) {
    const input = child.inputs.get(key);
    if (input) checkInput(value, input, view, problems);
    else problems.add(place, `${child.name} has no input ${key}`, didYouMean(key, child.inputs.keys()));
  }
  for (const { name, optional, default: usual, description } of child.inputs.values()) {
    if (optional || usual !== undefined || entries.some(({ key }) => key === name)) continue;
    problems.add(
      given ?? task,
      `input ${name} of ${child.name} is missing`,
      description ? `add ${name}: ${description}` : `add ${name}`,
    );
  }
}

function checkLease(at: Placed, child: Playbook, { lease }: PlaybookDraft, problems: Problems): void {
  const missing = child.lease.filter((key) => !lease.includes(key));
  if (missing.length === 0) return;
  const all = [...new Set([...lease, ...missing])].join(', ');
  problems.add(at, `${child.name} locks ${missing.join(', ')}, this playbook does not`, `write lease: [${all}]`);
}

function checkInput(node: Node, input: Input, view: View, problems: Problems): void {
  const template = asTemplate(node);
  if (template) {
    const empty = input.optional || input.default !== undefined;
    checkTemplate(template, wantedBy(input, empty), view, problems);
  } else if (node.kind === 'map')
    problems.add(node, `${lastName(node)} must be ${kindNames[shapeOfInput(input).kind]}`);
  else if (node.kind === 'list' && node.items.some(asTemplate)) checkItems(node, input, view, problems);
  else checkLiteral(node, input, problems);
}

/** A list with expressions in it: each item by itself. */
function checkItems(node: ListNode, input: Input, view: View, problems: Problems): void {
  if (input.type !== 'array') problems.add(node, `${lastName(node)} must be ${kindNames[shapeOfInput(input).kind]}`);
  const { type, format } = input.items ?? { type: 'string', format: null };
  const item = { ...input, type, format, items: null, default: undefined, optional: false };
  if (input.type === 'array') for (const one of node.items) checkInput(one, item, view, problems);
}

function checkLiteral(node: Node, input: Input, problems: Problems): void {
  try {
    // An expression may give milliseconds; what somebody writes has its unit.
    if (input.type === 'array') readGivenValue(input, plain(node));
    else readInputValue(input, plain(node));
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    // What stands in the place of a secret may be one.
    if (input.format === 'secret' || input.items?.format === 'secret')
      problems.addHidden(node, thrown.message, thrown.hint);
    else problems.add(node, thrown.message, thrown.hint);
  }
}

function wantedBy(input: Input, empty: boolean): Wanted {
  const { kind } = shapeOfInput(input);
  const as = kindNames[kind];
  if (input.format === 'bytes' || input.format === 'duration') return { as, kinds: ['integer', 'text'], empty };
  return { as, kinds: kind === 'number' ? ['number', 'integer'] : [kind], empty };
}
