import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import { parseDuration } from '../formats/duration.ts';
import { grammar, type Noun, requiredKeys } from './grammar.ts';
import { nameProblem } from './names.ts';
import { kindOf, type MapNode, type Node, type ScalarNode, shown } from './node.ts';
import type { Problems } from './problems.ts';

/** A map of the grammar, opened: its keys are known and the required ones are there, or the problems say so. */
export class Fields {
  readonly node: MapNode;
  readonly problems: Problems;
  readonly #values: ReadonlyMap<string, Node>;

  constructor(node: MapNode, problems: Problems) {
    this.node = node;
    this.problems = problems;
    this.#values = new Map(node.entries.map(({ key, value }) => [key, value]));
  }

  get(key: string): Node | undefined {
    return this.#values.get(key);
  }

  /** The decoded value of a key; `fallback` when the key is not there or its value is wrong. */
  read<T, F>(key: string, decode: (node: Node, problems: Problems) => T | undefined, fallback: F): T | F {
    const node = this.#values.get(key);
    const value = node && decode(node, this.problems);
    return value === undefined ? fallback : value;
  }
}

/** Opens a map; undefined when it is none. `noun` decides which keys it may have. */
export function openMap(node: Node, noun: Noun, problems: Problems): Fields | undefined {
  return node.kind === 'map' ? openFields(node, noun, problems) : wrongKind(node, 'a map', problems);
}

/** Like `openMap`, of what is known to be a map. */
export function openFields(node: MapNode, noun: Noun, problems: Problems): Fields {
  const known = Object.keys(grammar[noun]);
  for (const { key, at } of node.entries) {
    if (!known.includes(key)) problems.add(at, `unknown key ${key}`, didYouMean(key, known));
  }
  for (const key of requiredKeys[noun]) {
    if (!node.entries.some((entry) => entry.key === key)) {
      problems.add(node, `${key} is missing`, `add ${key}: ${describeKey(noun, key)}`);
    }
  }
  return new Fields(node, problems);
}

export function didYouMean(word: string, known: Iterable<string>): string {
  const candidates = [...known];
  const near = closest(word, candidates);
  if (near) return `did you mean ${near}?`;
  if (candidates.length === 0) return '';
  const some = candidates.slice(0, 12).join(', ');
  return candidates.length > 12 ? `known are ${some}, …` : `known: ${some}`;
}

export function asText(node: Node, problems: Problems): string | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return wrongKind(node, 'text', problems);
  if (node.value.trim() === '') return refuse(node, 'may not be empty', problems);
  return node.value;
}

/** A bare expression; `true` and `false` need no quotes. */
export function asExpression(node: Node, problems: Problems): ScalarNode | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return { ...node, value: String(node.value) };
  return asText(node, problems) === undefined || node.kind !== 'scalar' ? undefined : node;
}

export function asName(node: Node, problems: Problems): string | undefined {
  const text = asText(node, problems);
  const problem = text === undefined ? undefined : nameProblem(text);
  return problem === undefined ? text : refuse(node, problem, problems);
}

export function asBoolean(node: Node, problems: Problems): boolean | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  return wrongKind(node, 'true or false', problems);
}

export function asNumber(node: Node, problems: Problems): number | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'number') return node.value;
  return wrongKind(node, 'a number', problems);
}

/** An integer of 1 or more. */
export function asCount(node: Node, problems: Problems): number | undefined {
  const value = asNumber(node, problems);
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return value;
  return refuse(node, 'must be a whole number of 1 or more', problems);
}

/** Integer milliseconds. */
export function asDuration(node: Node, problems: Problems): number | undefined {
  if (node.kind !== 'scalar' || node.value === null) return wrongKind(node, 'a duration', problems);
  try {
    return parseDuration(String(node.value));
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    problems.add(node, thrown.message, thrown.hint);
    return undefined;
  }
}

export function asOneOf<const T extends string>(...options: readonly T[]) {
  return (node: Node, problems: Problems): T | undefined => {
    const found = options.find((option) => node.kind === 'scalar' && option === node.value);
    if (found !== undefined) return found;
    const given = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
    const near = given === undefined ? undefined : closest(given, options);
    const problem = `${lastKey(node)} must be ${options.join(' or ')}, this is ${shown(node)}`;
    problems.add(node, problem, near && `did you mean ${near}?`);
    return undefined;
  };
}

/** Each item decoded; items that are wrong are left out. */
export function asList<T>(decode: (node: Node, problems: Problems) => T | undefined) {
  return (node: Node, problems: Problems): T[] | undefined => {
    if (node.kind !== 'list') return wrongKind(node, 'a list', problems);
    return node.items.map((item) => decode(item, problems)).filter((item) => item !== undefined);
  };
}

export function asMap(node: Node, problems: Problems): MapNode | undefined {
  return node.kind === 'map' ? node : wrongKind(node, 'a map', problems);
}

function wrongKind(node: Node, wanted: string, problems: Problems): undefined {
  return refuse(node, `must be ${wanted}, this is ${kindOf(node)}`, problems);
}

function refuse(node: Node, problem: string, problems: Problems): undefined {
  problems.add(node, problem.startsWith('"') ? problem : `${lastKey(node)} ${problem}`);
  return undefined;
}

function lastKey(node: Node): string {
  return node.path.split('.').at(-1) || 'the file';
}

function describeKey(noun: Noun, key: string): string {
  const entry: { readonly description?: string } | undefined = new Map(Object.entries(grammar[noun])).get(key);
  return entry?.description ?? key;
}
