import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PgdbaError, systemCode } from '../../errors/pgdba-error.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import type { Place } from '../provider.ts';
import { type Account, serverAccount } from './account.ts';
import { ensureClientPassfile } from './client-passfile.ts';
import { clustersFolder, ensureClustersFolder } from './home.ts';
import { layoutOf } from './layout.ts';
import { markFile, readMark, requireMark, writeMark } from './mark.ts';
import { ensureDirectory } from './owned-files.ts';
import { ensureSecrets } from './secret-files.ts';
import { processesOfCluster } from './server-processes.ts';
import { chooseSockets, removeSockets } from './sockets.ts';

export async function placeOf(home: string, name: string): Promise<Place> {
  return lookAt(join(await clustersFolder(home, await serverAccount()), name));
}

export async function lookAt(directory: string): Promise<Place> {
  const found = await lstat(directory).catch(() => undefined);
  if (!found) return { directory, state: 'none', mark: null };
  const mark = found.isDirectory() ? await readMark(directory) : null;
  return { directory, state: mark ? 'marked' : 'foreign', mark: mark?.cluster_id ?? null };
}

/**
 * The cluster's directory with its mark and its secrets; answers the references of the secrets.
 * Errors: DIRECTORY_FOREIGN (no mark of ours), CLUSTER_NOT_OURS (another cluster's mark), DISK_FULL.
 */
export async function ensurePlace(home: string, cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const account = await serverAccount();
  const place = await lookAt(cluster.directory);
  if (place.state === 'foreign') throw foreign(cluster.directory);
  if (place.state === 'none') {
    // another pgdba of the same home may remove the empty folder above in the same instant
    await makeMarked(home, cluster, account).catch((thrown: unknown) => {
      if (systemCode(thrown) !== 'ENOENT') throw thrown;
      return makeMarked(home, cluster, account);
    });
  }
  await requireMark(cluster);
  const { directory, secrets, members, services } = layoutOf(cluster.directory);
  for (const folder of [directory, secrets, members, services]) await ensureDirectory(folder, account);
  const references = await ensureSecrets(secrets, account);
  await ensureClientPassfile(cluster, account);
  return references;
}

/** Errors: CLUSTER_NOT_OURS, SERVERS_RUNNING. */
export async function removePlace(cluster: Cluster): Promise<void> {
  if ((await lookAt(cluster.directory)).state === 'none') return;
  const mark = await requireMark(cluster);
  const running = processesOfCluster(cluster, await serverAccount());
  if (running.length > 0) {
    throw new PgdbaError('SERVERS_RUNNING', {
      facts: { cluster: cluster.name, pids: running.map(String) },
      hint: 'stop its servers first',
    });
  }
  await removeSockets(mark.sockets);
  // The mark goes last: a removal that is cut short must still find it the next time.
  for (const name of await readdir(cluster.directory)) {
    if (name !== markFile) await rm(join(cluster.directory, name), { recursive: true, force: true });
  }
  await rm(join(cluster.directory, markFile));
  await rmdir(cluster.directory);
  const folder = dirname(cluster.directory);
  await rmdir(folder).catch(() => undefined);
  if (dirname(folder) === '/var/lib/pgdba') await rmdir(dirname(folder)).catch(() => undefined);
}

/** Made beside, marked, then renamed: whoever sees the directory sees the mark. */
async function makeMarked(home: string, cluster: Cluster, account: Account): Promise<void> {
  const folder = dirname(cluster.directory);
  await ensureClustersFolder(folder, account);
  const beside = join(folder, `.${basename(cluster.directory)}.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(beside, { mode: 0o700 });
    await ensureDirectory(beside, account);
    const sockets = await chooseSockets(home, cluster.name, account);
    const made_at = new Date().toISOString();
    await writeMark(beside, { cluster_id: cluster.id, name: cluster.name, made_at, sockets }, account);
    await rename(beside, cluster.directory);
  } catch (thrown) {
    await rm(beside, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) throw foreign(cluster.directory);
    throw thrown;
  }
}

function foreign(directory: string): PgdbaError {
  return new PgdbaError('DIRECTORY_FOREIGN', {
    facts: { directory },
    hint: 'move it away, or choose another name for the cluster',
  });
}
