import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Source } from './source.ts';

/** Something wrong at one place of a file. */
export interface Problem {
  readonly offset: number;
  /** `tasks[1].with.member`; empty for the file as a whole. */
  readonly path: string;
  readonly problem: string;
  /** What the author can do; often a did-you-mean. */
  readonly hint: string;
  /** The line may hold a secret: it is not shown. */
  readonly hidden?: boolean;
}

/** Anything with a place in the file. */
export interface Placed {
  readonly start: number;
  readonly path: string;
}

type InvalidCode = 'YAML_INVALID' | 'PLAYBOOK_INVALID';

const mostShown = 50;

/** Collects what is wrong with one file, so that its author sees everything at once. */
export class Problems {
  readonly source: Source;
  readonly #found: Problem[] = [];

  constructor(source: Source) {
    this.source = source;
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  get count(): number {
    return this.#found.length;
  }

  add(at: Placed, problem: string, hint = ''): void {
    this.#found.push({ offset: at.start, path: at.path, problem, hint });
  }

  /** Like `add`, for a line that may hold a secret. */
  addHidden(at: Placed, problem: string, hint: string): void {
    this.#found.push({ offset: at.start, path: at.path, problem, hint, hidden: true });
  }

  /** An empty collection for the same file: to try something, and `absorb` what it found or forget it. */
  scratch(): Problems {
    return new Problems(this.source);
  }

  absorb(other: Problems): void {
    this.#found.push(...other.#found);
  }

  /** Throws one error for all: the first in file order is its message, the others are in `facts.more`. */
  throwIfAny(code: InvalidCode): void {
    const [first, ...more] = this.#found.toSorted((a, b) => a.offset - b.offset);
    if (first) throw this.#error(code, first, more);
  }

  /** The error for something after which there is nothing left to look at. */
  failure(code: InvalidCode, at: Placed, problem: string, hint: string): PgdbaError {
    return this.#error(code, { offset: at.start, path: at.path, problem, hint }, this.#found);
  }

  #error(code: InvalidCode, first: Problem, more: readonly Problem[]): PgdbaError {
    const { file } = this.source;
    return new PgdbaError(code, {
      facts: {
        file,
        ...this.source.place(first.offset),
        problem: first.problem,
        path: first.path,
        snippet: first.hidden ? '' : this.source.snippet(first.offset),
        ...(more.length > 0 ? { more: this.#lines(more) } : {}),
      },
      hint: first.hint || 'docs/playbooks.md describes the language',
    });
  }

  #lines(problems: readonly Problem[]): string[] {
    const lines = problems.slice(0, mostShown).map(({ offset, problem, hint }) => {
      const { line, col } = this.source.place(offset);
      return `${line}:${col} ${problem}${hint.startsWith('did you mean') ? ` (${hint})` : ''}`;
    });
    const hidden = problems.length - lines.length;
    return hidden > 0 ? [...lines, `and ${hidden} more`] : lines;
  }
}
