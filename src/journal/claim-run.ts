import { randomUUID } from 'node:crypto';
import { linkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import { createPrivate, readIfThere } from './private-file.ts';
import { isAlive, ownIdentity, type ProcessIdentity, sameProcess } from './process-identity.ts';

/**
 * Makes this process the only one that writes the journal of a run: a driver, or somebody who answers a question.
 * Claims are numbered files; the owner is whoever made number n while the owners of 0 … n−1 are all dead. So two
 * processes that both find the last one dead cannot both win, and a dead one blocks nobody. Answers how to give it back.
 * Errors: RUN_ALIVE.
 */
export function claimRun(directory: string, run: string): () => void {
  const self = ownIdentity();
  const draft = join(directory, `.${randomUUID()}`);
  createPrivate(draft, JSON.stringify(self));
  try {
    for (let number = 0; ; number += 1) {
      const path = join(directory, `writer.${number}`);
      if (put(draft, path)) return () => rmSync(path, { force: true });
      const owner = ownerOf(path);
      // What this process opened and did not close, it may open again.
      if (owner && sameProcess(owner, self)) return () => rmSync(path, { force: true });
      if (owner === undefined || isAlive(owner)) throw alive(run, owner?.pid ?? 0);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whether it was us who made it: link(2) never replaces anything. */
function put(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/** Undefined when it was given back in this moment. */
function ownerOf(path: string): ProcessIdentity | undefined {
  const text = readIfThere(path)?.toString();
  if (text === undefined) return undefined;
  const { boot_id, pid, start_time } = JSON.parse(text) as ProcessIdentity;
  return { boot_id, pid, start_time };
}

function alive(run: string, pid: number): PgdbaError {
  return new PgdbaError('RUN_ALIVE', {
    facts: { run, pid },
    hint: `somebody else was faster; see how it stands with: pgdba runs show ${run}`,
  });
}
