import { randomBytes } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, PgdbaError } from '../../errors/pgdba-error.ts';
import type { Cluster, ClusterSecret } from '../../inventory/cluster.ts';
import { Secret } from '../../secrets/secret.ts';
import type { Account } from './account.ts';
import { layoutOf } from './layout.ts';
import { writeOwned } from './owned-files.ts';

/** A record, so that a secret added to the inventory cannot be forgotten here. */
const generated: Readonly<Record<ClusterSecret, true>> = {
  superuser: true,
  replication: true,
  rewind: true,
  rest: true,
  console: true,
  app: true,
};

/** Makes every secret that is missing, keeps the others; answers name → `file:/…`. */
export async function ensureSecrets(folder: string, account: Account): Promise<Readonly<Record<string, string>>> {
  const references: Record<string, string> = {};
  for (const name of Object.keys(generated)) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (!found) await writeOwned(path, `${randomBytes(24).toString('base64url')}\n`, account);
    references[name] = `file:${path}`;
  }
  return references;
}

/** What a configuration file needs. Errors: SECRET_UNREADABLE. */
export async function secretOf(cluster: Cluster, name: ClusterSecret): Promise<Secret> {
  const path = join(layoutOf(cluster.directory).secrets, name);
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw new PgdbaError('SECRET_UNREADABLE', {
      facts: { reference: `file:${path}`, problem: describe(thrown) },
      hint: 'restore the file: the servers were made with what it held',
      cause: thrown,
    });
  });
  return new Secret(`file:${path}`, text.trimEnd());
}
