import { PgdbaError } from '../errors/pgdba-error.ts';
import { asBoolean, asList, asMap, asNumber, asOneOf, asText, openMap } from './decode.ts';
import { type Input, inputFormats } from './input.ts';
import { readInputValue } from './input-value.ts';
import { nameProblem, reservedInputs } from './names.ts';
import { type Node, plain } from './node.ts';
import type { Problems } from './problems.ts';

const scalarTypes = ['string', 'integer', 'number', 'boolean'] as const;

/** `inputs:` of a playbook, in file order. */
export function decodeInputs(node: Node, problems: Problems): Map<string, Input> | undefined {
  const map = asMap(node, problems);
  if (!map) return undefined;
  const inputs = new Map<string, Input>();
  for (const { key, at, value } of map.entries) {
    const problem = reservedInputs.has(key)
      ? `an input may not be called ${key}: every verb has an option of that name`
      : nameProblem(key);
    if (problem !== undefined) problems.add(at, problem, 'choose another name');
    const input = decodeInput(key, value, problems);
    if (input) inputs.set(key, input);
  }
  return inputs;
}

function decodeInput(name: string, node: Node, problems: Problems): Input | undefined {
  const fields = openMap(node, 'input', problems);
  const type = fields?.read('type', asOneOf(...scalarTypes, 'array'), null);
  if (!fields || !type) return undefined;
  const input: Input = {
    name,
    type,
    items: type === 'array' ? fields.read('items', decodeItems, { type: 'string' as const, format: null }) : null,
    format: fields.read('format', asOneOf(...inputFormats), null),
    enum: fields.read('enum', asList(asEnumValue), null),
    pattern: fields.read('pattern', asPattern, null),
    minimum: fields.read('minimum', asNumber, null),
    maximum: fields.read('maximum', asNumber, null),
    default: fields.read('default', plain, undefined),
    optional: fields.read('optional', asBoolean, false),
    description: fields.read('description', asText, ''),
  };
  checkTogether(input, node, problems);
  const given = fields.get('default');
  if (given) checkDefault(input, given, problems);
  return input;
}

function decodeItems(node: Node, problems: Problems): Input['items'] | undefined {
  if (node.kind === 'scalar') {
    const type = asOneOf(...scalarTypes)(node, problems);
    return type && { type, format: null };
  }
  const fields = openMap(node, 'items', problems);
  const type = fields?.read('type', asOneOf(...scalarTypes), null);
  if (!fields || !type) return undefined;
  const format = fields.read('format', asOneOf(...inputFormats), null);
  if (format && type !== 'string') problems.add(node, `format ${format} goes with type string`);
  return { type, format };
}

function asEnumValue(node: Node, problems: Problems): string | number | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'number') return node.value;
  return asText(node, problems);
}

function asPattern(node: Node, problems: Problems): string | undefined {
  const text = asText(node, problems);
  if (text === undefined) return undefined;
  try {
    new RegExp(text, 'u');
    return text;
  } catch {
    problems.add(node, `pattern is not a regular expression: ${text}`);
    return undefined;
  }
}

function checkTogether(input: Input, node: Node, problems: Problems): void {
  const { type, format, minimum, maximum } = input;
  const isNumber = type === 'integer' || type === 'number';
  const measured = isNumber || format === 'bytes' || format === 'duration';
  if (type === 'array' && format) problems.add(node, 'the format of a list stands in its items');
  else if (format && type !== 'string') problems.add(node, `format ${format} goes with type string`);
  if (input.pattern !== null && type !== 'string') problems.add(node, 'pattern goes with type string');
  if ((minimum !== null || maximum !== null) && !measured) problems.add(node, 'minimum and maximum go with numbers');
  if (minimum !== null && maximum !== null && minimum > maximum) problems.add(node, 'minimum is above maximum');
  if (input.enum && (type === 'boolean' || input.enum.some((value) => (typeof value === 'number') !== isNumber))) {
    const items = type === 'array' && input.enum.every((value) => typeof value === 'string');
    if (!items) problems.add(node, `the values of enum must be of type ${type}`);
  }
}

function checkDefault(input: Input, node: Node, problems: Problems): void {
  try {
    readInputValue(input, plain(node));
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    problems.add(node, `default of ${thrown.message}`, thrown.hint);
  }
}
