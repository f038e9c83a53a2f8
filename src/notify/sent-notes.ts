import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors/pgdba-error.ts';
import { createPrivate, readIfThere, syncDirectory } from '../journal/private-file.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from '../journal/process-identity.ts';
import type { Delivered } from './deliver.ts';

/** What the directory `sent` of a run says: whether something is owed, and what each receiver has heard. */
export class SentNotes {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A drive begins: how it stands afterwards is to be told, whoever lives to tell it. */
  owe(): void {
    if (this.owed) return;
    createPrivate(this.#path('owed'), '');
    syncDirectory(this.#directory);
  }

  get owed(): boolean {
    return existsSync(this.#path('owed'));
  }

  settle(): void {
    rmSync(this.#path('owed'), { force: true });
  }

  /** This receiver took this event. */
  told(seq: number, target: string): boolean {
    const text = readIfThere(this.#path(noteName(seq, target)));
    if (text === undefined) return false;
    try {
      const { outcome } = JSON.parse(text.toString()) as { outcome?: unknown };
      return outcome === 'sent';
    } catch {
      return false;
    }
  }

  note(seq: number, { target, problem, attempts }: Delivered, at: Date): void {
    const outcome = problem === null ? 'sent' : 'failed';
    const draft = this.#path(`.${randomUUID()}`);
    createPrivate(draft, `${JSON.stringify({ target, outcome, attempts, at: at.toISOString(), problem })}\n`);
    renameSync(draft, this.#path(noteName(seq, target)));
    syncDirectory(this.#directory);
  }

  /**
   * Only one process at a time tells the receivers of a run; null when another does, else what ends the claim. A dead
   * process is succeeded under a name that is made of its own, so that only one can succeed it.
   */
  claim(): (() => void) | null {
    const draft = this.#path(`.${randomUUID()}`);
    const passed: string[] = [];
    createPrivate(draft, JSON.stringify(ownIdentity()));
    try {
      for (let path = this.#path('claim'); ; ) {
        passed.push(path);
        if (linked(draft, path)) return () => passed.filter((one) => one === path || !isHeld(one)).forEach(remove);
        if (isHeld(path)) return null;
        const holder = readIdentity(path);
        path = this.#path(`claim-after-${holder?.pid ?? 0}-${holder?.start_time ?? 0}`);
      }
    } finally {
      remove(draft);
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

/** Gives a whole file this name, if nothing has it. */
function linked(file: string, path: string): boolean {
  try {
    linkSync(file, path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

function isHeld(path: string): boolean {
  const holder = readIdentity(path);
  return holder !== undefined && isAlive(holder);
}

function remove(path: string): void {
  rmSync(path, { force: true });
}

function noteName(seq: number, target: string): string {
  return `${seq}-${target}.json`;
}

function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const { boot_id, pid, start_time } = JSON.parse(readIfThere(path)?.toString() ?? '') as ProcessIdentity;
    return { boot_id, pid, start_time };
  } catch {
    return undefined;
  }
}
