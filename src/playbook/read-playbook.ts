import { basename } from 'node:path';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Playbook } from './playbook.ts';

/** The text of one playbook and where it was read from. */
export interface PlaybookText {
  readonly file: string;
  readonly source: string;
}

/** Reads a playbook by its file, or by the name of a shipped one. Errors: FILE_NOT_FOUND, PLAYBOOK_UNKNOWN, YAML_INVALID. */
export type ReadPlaybook = (file: string) => Promise<PlaybookText>;

/** A file has a `/` or ends in .yaml or .yml; anything else is the name of a shipped playbook. */
export function isFileName(text: string): boolean {
  return text.includes('/') || /\.ya?ml$/.test(text);
}

/**
 * The playbooks of all child runs, and of theirs: with these texts a resume loads what the run began with, whatever has
 * become of the files. Those that are called by name come first, so that `readFrom` finds them by it.
 */
export function childTexts(playbook: Playbook): PlaybookText[] {
  const named = new Map<string, PlaybookText>();
  const others = new Map<string, PlaybookText>();
  const visit = ({ children }: Playbook) => {
    for (const [uses, child] of children) {
      const list = isFileName(uses.slice('playbook:'.length)) ? others : named;
      list.set(child.file, { file: child.file, source: child.source });
      visit(child);
    }
  };
  visit(playbook);
  return [...named.values(), ...[...others.values()].filter(({ file }) => !named.has(file))];
}

/** Reads from stored texts instead of the disk. Errors: FILE_NOT_FOUND. */
export function readFrom(texts: readonly PlaybookText[]): ReadPlaybook {
  return async (wanted) => {
    const found = texts.find(({ file }) => (isFileName(wanted) ? file === wanted : nameOf(file) === wanted));
    if (found) return found;
    throw new PgdbaError('FILE_NOT_FOUND', {
      facts: { file: wanted, problem: 'it is not stored with the run' },
      hint: 'start the playbook anew: `pgdba run PLAYBOOK`',
    });
  };
}

function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/, '');
}
