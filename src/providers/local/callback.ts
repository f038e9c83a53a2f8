import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import type { Account } from './account.ts';
import { layoutOf, type MemberServer } from './layout.ts';
import { writeIfDifferent } from './owned-files.ts';

const shipped = join('deployments', 'local', 'follow-primary');

/** Copies Patroni's callback into the cluster's own directory: a running server never depends on where pgdba is installed. */
export async function ensureCallback(cluster: Cluster, account: Account): Promise<void> {
  await writeIfDifferent(layoutOf(cluster.directory).callback, await readFile(findShipped(), 'utf8'), account, 0o700);
}

/** What patroni.yml says; Patroni splits it like a shell and appends event, role and scope. */
export function callbackCommand(cluster: Cluster, server: MemberServer, sockets: string): string {
  const { callback, services } = layoutOf(cluster.directory);
  return [callback, services, sockets, String(server.member.port)].map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** The package's own folder, from the sources as well as from the build. */
function findShipped(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, shipped);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) {
      throw new PgdbaError('FILE_NOT_FOUND', {
        facts: { file: shipped, problem: 'it belongs to pgdba and is not there' },
        hint: 'install pgdba again',
      });
    }
  }
}
