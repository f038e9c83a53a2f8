import type { Node } from './node.ts';

/** The words of every text that speaks of `tasks`: a task whose id is not among them is read by no expression. */
export function taskWords(node: Node, found = new Set<string>()): ReadonlySet<string> {
  if (node.kind === 'list') for (const item of node.items) taskWords(item, found);
  else if (node.kind === 'map') for (const { value } of node.entries) taskWords(value, found);
  else if (typeof node.value === 'string' && node.value.includes('tasks')) {
    for (const [word] of node.value.matchAll(/\w+/g)) found.add(word);
  }
  return found;
}
