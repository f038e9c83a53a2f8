import { dirname } from 'node:path';
import type { Cluster } from '../../inventory/cluster.ts';
import type { Account } from './account.ts';
import { clientPassfile } from './layout.ts';
import { ensureDirectory, writeIfDifferent } from './owned-files.ts';
import { secretOf } from './secret-files.ts';

/** A libpq passfile for role app, through the pooler and to each member: so that no DSN needs a password. */
export async function ensureClientPassfile(cluster: Cluster, account: Account): Promise<void> {
  const path = clientPassfile(cluster.directory);
  const password = (await secretOf(cluster, 'app')).reveal();
  const poolers = cluster.services.filter(({ kind }) => kind === 'pgbouncer');
  const lines = [...poolers, ...cluster.members].map(({ host, port }) => `${host}:${port}:*:app:${password}\n`);
  await ensureDirectory(dirname(path), account);
  await writeIfDifferent(path, lines.join(''), account);
}
