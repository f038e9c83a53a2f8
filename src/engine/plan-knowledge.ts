import type { Json } from '../journal/record.ts';
import { splitTemplate } from '../playbook/compile-template.ts';

/** What a plan knows of one task. A part that is missing is not known. */
export interface Known {
  readonly status?: 'ok' | 'changed' | 'skipped';
  readonly changed?: boolean;
  readonly out?: Json;
  readonly items?: Readonly<Record<string, Json>>;
  /** `out` and `items` are all there is; else what they lack is not known. */
  readonly whole: boolean;
}

const nothing: Known = { whole: false };

/**
 * Results so far, real or predicted, as the expressions of later tasks may read them; and whether an expression reads
 * what is not known. A task that was not planned yet is as in a run: it has not run.
 */
export class Knowledge {
  readonly #tasks = new Map<string, Known>();

  learn(task: string, known: Known): void {
    this.#tasks.set(task, known);
  }

  /** Nobody can say how this task will end. */
  giveUp(task: string): void {
    this.#tasks.set(task, nothing);
  }

  /** For the scope of expressions: without the parts that are not known, so that reading them fails. */
  tasks(): Record<string, unknown> {
    return Object.fromEntries([...this.#tasks].map(([id, { whole: _, ...parts }]) => [id, parts]));
  }

  /** The task or probe whose unknown part this text reads without failing; null: evaluate it. */
  guessing(text: string): string | null {
    const careful = /\.\?|\[\?|\bhas\s*\(/.test(text);
    for (const { root, path } of readsOf(text)) {
      const found = this.#found(root, path);
      if (found === 'partly' || (found === 'absent' && careful)) return nameOf(root, path);
    }
    return null;
  }

  /** The first task or probe that this text reads more of than is known. */
  lacking(text: string): string | null {
    const read = readsOf(text).find(({ root, path }) => this.#found(root, path) !== 'known');
    return read ? nameOf(read.root, read.path) : null;
  }

  #found(root: string, [task, part, key]: readonly string[]): 'known' | 'absent' | 'partly' {
    if (root === 'probes') return 'absent';
    if (task === undefined) return [...this.#tasks.values()].every(({ whole }) => whole) ? 'known' : 'partly';
    const known = this.#tasks.get(task);
    if (!known || known.whole) return 'known';
    if (part === undefined) return 'partly';
    const value = part === 'out' || part === 'items' ? known[part] : undefined;
    if (part === 'status' || part === 'changed') return known[part] === undefined ? 'absent' : 'known';
    if (value === undefined) return 'absent';
    if (key === undefined) return 'partly';
    return value !== null && typeof value === 'object' && Object.hasOwn(value, key) ? 'known' : 'absent';
  }
}

/** The expressions in a YAML value: those of its templates, and texts that may be bare ones. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    const expressions = splitTemplate(value).flatMap((piece) => ('expression' in piece ? [piece.expression] : []));
    return expressions.length > 0 ? expressions : value.match(/\b(?:tasks|probes)\s*[.[]/) ? [value] : [];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(textsIn);
}

interface Read {
  readonly root: string;
  readonly path: readonly string[];
}

const step = String.raw`\s*(?:\.\s*\??\s*\w+|\[\s*\??\s*(?:"\w+"|'\w+')\s*\])`;
const reads = new RegExp(String.raw`(?<![\w.])(tasks|probes)((?:${step}){0,3})`, 'g');

/** `tasks.a.out.b`, `tasks.a.?out`, `tasks["a"]`: what a text reads of other tasks and of probes. */
function readsOf(text: string): Read[] {
  return [...text.matchAll(reads)].map(([, root = '', path = '']) => ({ root, path: path.match(/\w+/g) ?? [] }));
}

function nameOf(root: string, [task]: readonly string[]): string {
  if (task === undefined) return 'the tasks before';
  return root === 'probes' ? `probe ${task}` : task;
}
