import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  Scalar,
} from 'yaml';
import { describe } from '../errors/pgdba-error.ts';
import type { Entry, Node } from './node.ts';
import { type Placed, Problems } from './problems.ts';
import type { Source } from './source.ts';
import { readTokens } from './yaml-limits.ts';

const mostAliases = 100;
const mostNodes = 100_000;
/** Own keys in YAML, but prototypes to any code that merges objects. */
const refusedKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * One YAML 1.2 document as positioned plain values: no tags, no merge keys, no directives, unique text keys.
 * Errors: YAML_INVALID with every problem.
 */
export function readYaml(source: Source): Node {
  const problems = new Problems(source);
  const tokens = readTokens(source, problems);
  problems.throwIfAny('YAML_INVALID');

  const document = compose(tokens, source, problems);
  problems.throwIfAny('YAML_INVALID');
  const root = document?.contents;
  if (!document || !root) {
    const hint = 'docs/playbooks.md shows a playbook to start from';
    throw problems.failure('YAML_INVALID', fileStart, 'the file is empty', hint);
  }
  const node = new TreeBuilder(document, problems).node(root, '');
  problems.throwIfAny('YAML_INVALID');
  return node;
}

const fileStart = { start: 0, path: '' };

function compose(tokens: readonly CST.Token[], source: Source, problems: Problems): Document.Parsed | undefined {
  const { stackTraceLimit } = Error;
  // A hostile file can have a quarter of a million errors; collecting a stack for each takes seconds.
  Error.stackTraceLimit = 0;
  try {
    const composer = new Composer<ParsedNode>({
      version: '1.2',
      schema: 'core',
      strict: true,
      merge: false,
      resolveKnownTags: false,
      prettyErrors: false,
      logLevel: 'error',
      // Its own check compares every key with every other: minutes for a map of 100,000 keys. The tree builder has a set.
      uniqueKeys: false,
    });
    const [document, second] = composer.compose(tokens, true, source.text.length);
    if (second) {
      problems.add({ start: second.range[0], path: '' }, 'a playbook file holds one document; this is a second one');
    }
    if (!document) return undefined;
    // A tag is warned about, and then refused by the tree builder in its own words.
    for (const error of document.errors) problems.add({ start: error.pos[0], path: '' }, yamlProblem(error));
    if (document.directives?.yaml.explicit || Object.keys(document.directives?.tags ?? {}).length > 1) {
      problems.add(fileStart, '% directives are not allowed', 'remove the lines before ---');
    }
    return document;
  } catch (thrown) {
    problems.add(fileStart, `the YAML reader gave up: ${describe(thrown)}`);
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function yamlProblem({ message }: { message: string }): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

class TreeBuilder {
  readonly #document: Document.Parsed;
  readonly #problems: Problems;
  /** Anchored values that are being followed: an alias inside its own anchor never ends. */
  readonly #open = new Set<unknown>();
  #aliases = 0;
  #nodes = 0;

  constructor(document: Document.Parsed, problems: Problems) {
    this.#document = document;
    this.#problems = problems;
  }

  node(parsed: ParsedNode, path: string): Node {
    const [start, end] = parsed.range;
    const place = { start, end, path };
    this.#nodes += 1;
    if (this.#nodes > mostNodes) return this.#refuse(place, `aliases make more than ${mostNodes} values of this file`);
    if (parsed.tag !== undefined && isExplicitTag(parsed)) {
      return this.#refuse(place, `tags such as ${parsed.tag} are not allowed`, 'quote the value instead');
    }
    if (isAlias(parsed)) return this.#alias(parsed, place);
    if (isScalar(parsed)) return this.#scalar(parsed, place);
    if (this.#open.has(parsed)) return this.#refuse(place, 'a value contains an alias of itself');

    this.#open.add(parsed);
    const node: Node = isSeq(parsed)
      ? { ...place, kind: 'list', items: parsed.items.map((item, at) => this.node(item, `${path}[${at}]`)) }
      : { ...place, kind: 'map', entries: this.#entries(parsed, path) };
    this.#open.delete(parsed);
    return node;
  }

  #alias(parsed: ParsedNode & { source: string }, place: Placed & { end: number }): Node {
    this.#aliases += 1;
    if (this.#aliases > mostAliases) return this.#refuse(place, `more than ${mostAliases} aliases`);
    const target = isAlias(parsed) ? parsed.resolve(this.#document) : undefined;
    if (!target) return this.#refuse(place, `there is no anchor &${parsed.source} before this alias`);
    return this.node(target as ParsedNode, place.path);
  }

  #scalar(parsed: Scalar.Parsed, place: Placed & { end: number }): Node {
    const { value, type } = parsed;
    const quoted = type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;
    if (typeof value === 'number' && !isExact(value)) {
      return this.#refuse(place, `${parsed.source ?? value} cannot be kept exactly as a number`, 'write it in quotes');
    }
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
      return this.#refuse(place, 'this value is neither text, number, boolean nor null');
    }
    return { ...place, kind: 'scalar', value: value as string | number | boolean | null, quoted };
  }

  #entries(parsed: ParsedNode, path: string): Entry[] {
    const entries: Entry[] = [];
    const seen = new Map<string, Placed>();
    for (const pair of isMap<ParsedNode, ParsedNode | null>(parsed) ? parsed.items : []) {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      const at = { start: pair.key.range[0], path };
      if (typeof key !== 'string') {
        this.#problems.add(at, 'a key must be text', 'quote the key');
        continue;
      }
      const before = seen.get(key);
      const inner = path === '' ? key : `${path}.${key}`;
      if (key === '<<') this.#problems.add(at, 'merge keys (<<) are not allowed', 'write the keys out');
      else if (refusedKeys.has(key)) this.#problems.add(at, `a key may not be called ${key}`);
      else if (before) {
        const { line } = this.#problems.source.place(before.start);
        this.#problems.add(at, `${key} is given twice; the first is on line ${line}`, 'keep one of the two');
      } else {
        seen.set(key, at);
        const end = pair.key.range[1];
        const value: Node = pair.value
          ? this.node(pair.value, inner)
          : { kind: 'scalar', value: null, quoted: false, start: at.start, end, path: inner };
        entries.push({ key, at: { start: at.start, path: inner }, value });
      }
    }
    return entries;
  }

  #refuse(place: Placed & { end: number }, problem: string, hint = ''): Node {
    if (this.#nodes <= mostNodes + 1) this.#problems.add(place, problem, hint);
    return { ...place, kind: 'scalar', value: null, quoted: false };
  }
}

/** Plain scalars and collections carry no tag of their own; `!` and `!!x` do. */
function isExplicitTag(parsed: ParsedNode): boolean {
  return isCollection(parsed) || isScalar(parsed);
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
