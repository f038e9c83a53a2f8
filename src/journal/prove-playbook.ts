import { createHash } from 'node:crypto';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { AnyRecord, StoredText } from './record.ts';
import type { PlaybookText, StoredPlaybook } from './store.ts';
import { olderPlaybooks, readStoredFiles, type StoredFile } from './stored-playbook.ts';

/** What a journal says of the playbook stored beside it: its newest word counts. */
export class PlaybookClaim {
  #texts: readonly StoredText[] | undefined;

  /** Undefined while it says nothing: before the first record, and in journals of an older pgdba. */
  get texts(): readonly StoredText[] | undefined {
    return this.#texts;
  }

  note({ type, data }: AnyRecord): void {
    if (type === 'run.created' || type === 'playbook.replaced') this.#texts = data.stored;
  }
}

/** A text and its hash, as a journal vouches for them. */
export function storedText({ file, source }: PlaybookText): StoredText {
  return { file, sha256: createHash('sha256').update(source).digest('hex') };
}

/**
 * The stored playbook, when it is what the journal claims; undefined when there is none and nothing is claimed. One that was
 * put in the place of another, but whose record was lost in a crash, does not count: the one before it does.
 * Errors: PLAYBOOK_ALTERED.
 */
export function provenPlaybook(run: string, path: string, { texts }: PlaybookClaim): StoredPlaybook | undefined {
  const files = readStoredFiles(path);
  if (!texts) return asPlaybook(files);
  const found = [files, ...olderPlaybooks(path).map(readStoredFiles)].find((some) => agree(some, texts));
  if (!found) throw altered(run, path, files, texts);
  return asPlaybook(found);
}

function agree(files: readonly StoredFile[], texts: readonly StoredText[]): boolean {
  return files.length === texts.length && files.every((file, at) => isSame(file, texts[at]));
}

function isSame(found: StoredFile | undefined, text: StoredText | undefined): boolean {
  if (!found || !text) return false;
  const { file, sha256 } = storedText(found);
  return file === text.file && sha256 === text.sha256;
}

function asPlaybook([main, ...children]: readonly StoredFile[]): StoredPlaybook | undefined {
  if (!main) return undefined;
  const { file, source } = main;
  return { file, source, children: children.map((child) => ({ file: child.file, source: child.source })) };
}

function altered(run: string, path: string, files: readonly StoredFile[], texts: readonly StoredText[]): PgdbaError {
  const at = texts.findIndex((text, index) => !isSame(files[index], text));
  const wanted = texts[at];
  const found = files[at];
  const file = found?.path ?? path;
  if (!wanted) {
    return new PgdbaError('PLAYBOOK_ALTERED', {
      facts: { run, file: files[texts.length]?.path ?? path, problem: 'it was added later' },
      hint: `take the file away again, then: pgdba runs verify ${run}`,
    });
  }
  const missing = found ? 'it was changed from outside' : `the playbook from ${wanted.file} is missing beside it`;
  return new PgdbaError('PLAYBOOK_ALTERED', {
    facts: { run, file, problem: files.length === 0 ? 'the file is missing' : missing },
    hint: `bring it back from a backup; the text below its first line has sha256 ${wanted.sha256}; then: pgdba runs verify ${run}`,
  });
}
