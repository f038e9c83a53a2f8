import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../errors/pgdba-error.ts';
import type { LeaseKey } from '../../playbook/playbook.ts';
import { type HolderState, judgeHolder, monotonicNow } from './judge-holder.ts';
import { readLease } from './lease-file.ts';
import { type KeyPath, leaseRoot } from './lease-paths.ts';
import { readQuarantine } from './quarantine.ts';

/** One key of one directory that somebody has. */
export interface LeaseView {
  /** The cluster's name or its system identifier. */
  readonly directory: string;
  readonly key: LeaseKey;
  readonly run: string;
  readonly state: HolderState | 'quarantined';
  /** Null for a quarantine: no process is needed for it. */
  readonly pid: number | null;
  readonly host: string | null;
  readonly token: number | null;
  /** RFC 3339. */
  readonly since: string;
  /** Why it may be taken; for a quarantine, why it may not. Null while it is held. */
  readonly why: string | null;
}

const keys: readonly LeaseKey[] = ['backup', 'topology'];

/** Everything that is held or locked in this home. Errors: LEASE_DAMAGED. */
export function listLeases(home: string, now: () => number = monotonicNow): LeaseView[] {
  return leaseDirectories(home).flatMap((directory) =>
    pathsIn(home, directory).flatMap((place) => [
      ...holderAt(directory, place, now),
      ...quarantineAt(directory, place),
    ]),
  );
}

/** The names and identities under which anything was ever held here. */
export function leaseDirectories(home: string): string[] {
  try {
    return readdirSync(leaseRoot(home)).sort();
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

/** Every key of a directory, held or not. */
export function pathsIn(home: string, directory: string): KeyPath[] {
  return keys.map((key) => ({ key, path: join(leaseRoot(home), directory, key) }));
}

function holderAt(directory: string, { key, path }: KeyPath, now: () => number): LeaseView[] {
  const holder = readLease(path);
  if (!holder) return [];
  const { run, pid, host, token, since } = holder;
  const { state, why = null } = judgeHolder(holder, now());
  return [{ directory, key, run, state, pid, host, token, since, why }];
}

function quarantineAt(directory: string, { key, path }: KeyPath): LeaseView[] {
  const found = readQuarantine(path);
  if (!found) return [];
  return [{ directory, key, ...found, state: 'quarantined', pid: null, host: null, token: null }];
}
