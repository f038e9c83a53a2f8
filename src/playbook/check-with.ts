import { PgdbaError } from '../errors/pgdba-error.ts';
import { secretReference } from '../secrets/resolve.ts';
import { placeOf } from '../step/place.ts';
import { checkExpression, type View, type Wanted } from './check-expression.ts';
import { asTemplate, checkTemplate, checkTemplates, lastName, placeInside } from './check-template.ts';
import { didYouMean } from './decode.ts';
import { kindOf, type ListNode, type MapNode, type Node, plain, shown } from './node.ts';
import { readers } from './params.ts';
import { isObject, type JsonObject, propertySchema } from './places.ts';
import type { Placed, Problems } from './problems.ts';
import { kindNames, shapeOf } from './shape.ts';
import { schemaProblems } from './validator.ts';

/** Checks the parameters of a step as written: names, types and formats of literals, and every expression. */
export function checkWith(params: MapNode | null, schema: object, at: Placed, view: View, problems: Problems): void {
  const node: MapNode = params ?? { kind: 'map', entries: [], start: at.start, end: at.start, path: `${at.path}.with` };
  if (isObject(schema)) checkMap(node, schema, view, problems);
}

function checkValue(node: Node, schema: unknown, empty: boolean, view: View, problems: Problems): void {
  if (!isObject(schema)) return;
  const place = placeOf(schema);
  const template = asTemplate(node);
  const variants: unknown = schema['anyOf'];
  if (place === 'expression') checkExpressionPlace(node, view, problems);
  else if (template) checkTemplate(template, wantedBy(schema, empty), view, problems);
  else if (place) checkPlace(node, place, problems);
  else if (Array.isArray(variants)) checkUnion(node, schema, variants, empty, view, problems);
  else if (node.kind === 'list' && schema['type'] === 'array') {
    checkLength(node, schema, problems);
    for (const item of node.items) checkValue(item, schema['items'], false, view, problems);
  } else if (node.kind === 'map' && schema['type'] === 'object') checkMap(node, schema, view, problems);
  else if (schema['type'] === undefined && node.kind !== 'scalar')
    checkTemplates(node, { empty: true }, view, problems);
  else checkLiteral(node, schema, problems);
}

function checkLength({ items, ...node }: ListNode, { minItems, maxItems }: JsonObject, problems: Problems): void {
  const name = lastName(node);
  if (typeof minItems === 'number' && items.length < minItems)
    problems.add(node, items.length === 0 ? `${name} is empty` : `${name} has fewer than ${minItems} items`, 'add one');
  if (typeof maxItems === 'number' && items.length > maxItems)
    problems.add(node, `${name} has more than ${maxItems} items`);
}

function checkMap(node: MapNode, schema: JsonObject, view: View, problems: Problems): void {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  for (const { key, at, value } of node.entries) {
    if (key.includes('${{')) problems.add(at, 'a key cannot be an expression');
    const property = propertySchema(schema, key);
    if (property === undefined) problems.add(at, `unknown parameter ${key}`, didYouMean(key, Object.keys(properties)));
    else checkValue(value, property, !required.includes(key), view, problems);
  }
  for (const key of required) {
    if (typeof key === 'string' && !node.entries.some((entry) => entry.key === key)) {
      const description = isObject(properties[key]) ? properties[key]['description'] : undefined;
      const hint = typeof description === 'string' ? `add ${key}: ${description}` : `add ${key}`;
      problems.add(node, `parameter ${key} is missing`, hint);
    }
  }
}

/** The first variant without problems is meant; when all have some, the whole union is what does not fit. */
function checkUnion(
  node: Node,
  schema: JsonObject,
  variants: readonly unknown[],
  empty: boolean,
  view: View,
  problems: Problems,
): void {
  const tried = variants.map((variant) => {
    const scratch = problems.scratch();
    checkValue(node, variant, empty, view, scratch);
    return scratch;
  });
  if (tried.some((scratch) => !scratch.any)) return;
  const objects = tried.filter((_, at) => isObject(variants[at]) && variants[at]['type'] === 'object');
  const [only] = node.kind === 'map' ? objects.toSorted((a, b) => a.count - b.count) : [];
  if (only) problems.absorb(only);
  else if (tried.length === 1 && tried[0]) problems.absorb(tried[0]);
  else checkLiteral(node, schema, problems);
}

function checkLiteral(node: Node, schema: JsonObject, problems: Problems): void {
  const [first] = schemaProblems(schema, plain(node));
  if (first) problems.add(node, `${lastName(node)} ${first.problem}, this is ${shown(node)}`, first.hint);
}

function checkPlace(node: Node, place: keyof typeof readers, problems: Problems): void {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') {
    problems.add(node, `${lastName(node)} must be ${nameOfPlace[place]}, this is ${kindOf(node)}`);
    return;
  }
  if (place === 'secret' && !secretReference.test(String(value))) {
    problems.addHidden(
      node,
      `${lastName(node)} must be a reference to a secret`,
      'use env:NAME, file:PATH or command:PROGRAM',
    );
    return;
  }
  if (place === 'member' && value === '') problems.add(node, `${lastName(node)} may not be empty`);
  try {
    readers[place](String(value));
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    problems.add(node, thrown.message, thrown.hint);
  }
}

function checkExpressionPlace(node: Node, view: View, problems: Problems): void {
  if (node.kind !== 'scalar' || node.value === null) {
    problems.add(node, `${lastName(node)} must be an expression, this is ${kindOf(node)}`);
  } else if (asTemplate(node))
    problems.add(node, 'an expression stands here bare, without ${{ }}', 'leave out ${{ and }}');
  else {
    const text = String(node.value);
    const wanted = { as: kindNames.boolean, kinds: ['boolean'], empty: false } as const;
    checkExpression(text, placeInside(node, text, problems), view, wanted, problems);
  }
}

function wantedBy(schema: JsonObject, empty: boolean): Wanted {
  const place = placeOf(schema);
  const nullable =
    Array.isArray(schema['anyOf']) &&
    schema['anyOf'].some((variant) => isObject(variant) && variant['type'] === 'null');
  if (place === 'bytes' || place === 'duration') return { as: nameOfPlace[place], kinds: ['integer', 'text'], empty };
  const { kind } = shapeOf(schema);
  const as = kindNames[kind];
  if (kind === 'number') return { as, kinds: ['number', 'integer'], empty: empty || nullable };
  if (kind === 'map' || kind === 'object') return { as, kinds: ['map', 'object'], empty: empty || nullable };
  return { as, kinds: [kind], empty: empty || nullable };
}

const nameOfPlace = {
  bytes: 'a number of bytes',
  duration: 'a duration',
  timestamp: 'a timestamp',
  lsn: 'a WAL position',
  member: 'a member',
  secret: 'a reference to a secret',
  expression: 'an expression',
} as const;
