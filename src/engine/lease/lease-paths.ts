import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import { privateDirectory } from '../../journal/private-file.ts';
import type { LeaseKey } from '../../playbook/playbook.ts';

export interface KeyPath {
  readonly key: LeaseKey;
  readonly path: string;
}

/** Where the leases of all clusters lie: one directory for each name or system identifier. */
export function leaseRoot(home: string): string {
  return join(home, 'leases');
}

/** The lease files of one cluster, in the order in which they are taken; their directory is made if need be. */
export function leasePaths(home: string, cluster: string, keys: readonly LeaseKey[]): readonly KeyPath[] {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(cluster)) {
    throw new PgdbaError('BUG', { facts: { problem: `"${cluster}" cannot be the name of a lease` } });
  }
  const root = leaseRoot(home);
  const directory = join(root, cluster);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  privateDirectory(root);
  privateDirectory(directory);
  return [...new Set(keys)].sort().map((key) => ({ key, path: join(directory, key) }));
}
