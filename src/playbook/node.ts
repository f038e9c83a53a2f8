import type { Placed } from './problems.ts';

/** What the YAML reader makes of a file: plain values that know their place. Aliases are already followed. */
export type Node = MapNode | ListNode | ScalarNode;

interface NodeBase extends Placed {
  readonly start: number;
  /** Offset after its last character. */
  readonly end: number;
  /** `tasks[1].with.member`. */
  readonly path: string;
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly quoted: boolean;
}

export interface ListNode extends NodeBase {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly key: string;
  /** The place of the key. */
  readonly at: Placed;
  readonly value: Node;
}

/** The bare value of a node. */
export function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

/** The value of a key, or undefined. */
export function entryOf(node: MapNode, key: string): Node | undefined {
  return node.entries.find((entry) => entry.key === key)?.value;
}

/** `a list`, `text`, `a number`: for "must be …, this is …". */
export function kindOf(node: Node): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'empty';
  if (typeof node.value === 'string') return 'text';
  return typeof node.value === 'boolean' ? 'true or false' : 'a number';
}

/** What a node is, with its text when that is short: `a list`, `"medium"`. */
export function shown(node: Node): string {
  if (node.kind !== 'scalar' || node.value === null) return kindOf(node);
  const text = String(node.value);
  if (text.length > 60) return kindOf(node);
  return typeof node.value === 'string' ? `"${text}"` : text;
}
