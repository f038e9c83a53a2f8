import { lstat, readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { describe, PgdbaError } from '../../errors/pgdba-error.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import type { WriteOptions } from '../provider.ts';
import { serverAccount } from './account.ts';
import type { Server } from './layout.ts';
import { requireMark } from './mark.ts';
import { writeOwned } from './owned-files.ts';

const largestFile = 16 * 1024 * 1024;

/** A whole text file of at most 16 MiB; a relative path starts at the server's directory. Errors: FILE_NOT_FOUND. */
export async function readServerFile(server: Server, path: string): Promise<string> {
  const file = absolute(server, path);
  try {
    const { size } = await lstat(file);
    if (size > largestFile) throw new Error(`it has ${size} bytes, more than ${largestFile}`);
    return await readFile(file, 'utf8');
  } catch (thrown) {
    throw new PgdbaError('FILE_NOT_FOUND', {
      facts: { file, problem: describe(thrown) },
      hint: `look at ${dirname(file)} on the host of ${server.name}`,
      cause: thrown,
    });
  }
}

/** Writes below the cluster's own directory only. Errors: CLUSTER_NOT_OURS, DISK_FULL. */
export async function writeServerFile(
  cluster: Cluster,
  server: Server,
  path: string,
  content: string,
  { mode }: WriteOptions,
): Promise<void> {
  await requireMark(cluster);
  const file = absolute(server, path);
  // the real path, for a link on the way could lead out of the tree
  const folder = await realpath(dirname(file)).catch(() => dirname(file));
  const root = await realpath(cluster.directory);
  if (folder !== root && !folder.startsWith(root + sep)) {
    throw new PgdbaError('CLUSTER_NOT_OURS', {
      facts: { what: file, cluster: cluster.name },
      hint: `write below ${cluster.directory}: everything outside belongs to somebody else`,
    });
  }
  await writeOwned(file, content, await serverAccount(), mode);
}

function absolute(server: Server, path: string): string {
  return isAbsolute(path) ? path : join(server.directory, path);
}
