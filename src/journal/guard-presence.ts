import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createPrivate, readIfThere } from './private-file.ts';
import { isAlive, ownIdentity, type ProcessIdentity, sameProcess } from './process-identity.ts';

/** What guard.json says: which process guards a hold of the run. */
export interface GuardPresence extends ProcessIdentity {
  readonly task: string;
  /** Once nobody holds its pipe any more, the guard is gone after so many ms at the latest. */
  readonly ends_within_ms: number;
}

/** Makes this process known as the guard of the run, until `leave`. */
export function announceGuard(directory: string, about: Omit<GuardPresence, keyof ProcessIdentity>): () => void {
  const presence: GuardPresence = { ...ownIdentity(), ...about };
  const draft = join(directory, `.guard.${randomUUID()}`);
  createPrivate(draft, `${JSON.stringify(presence)}\n`);
  renameSync(draft, pathIn(directory));
  return () => {
    const inPlace = readPresence(directory);
    if (inPlace && sameProcess(inPlace, presence)) rmSync(pathIn(directory), { force: true });
  };
}

/** The run's guard if it still lives; what a killed one left behind does not count. */
export function findLivingGuard(directory: string): GuardPresence | null {
  const presence = readPresence(directory);
  return presence && isAlive(presence) ? presence : null;
}

function readPresence(directory: string): GuardPresence | null {
  const bytes = readIfThere(pathIn(directory));
  if (!bytes) return null;
  try {
    return JSON.parse(bytes.toString()) as GuardPresence;
  } catch {
    // Renamed into place when it was whole: only a power cut can have emptied it, and the guard went with it.
    return null;
  }
}

function pathIn(directory: string): string {
  return join(directory, 'guard.json');
}
