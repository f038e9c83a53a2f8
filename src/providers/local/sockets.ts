import { chmod, chown, lstat, mkdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import type { Account } from './account.ts';
import { homeDigest } from './home.ts';
import { type Mark, requireMark, writeMark } from './mark.ts';

/** The kernel's limit for the path of a socket; PostgreSQL appends `/.s.PGSQL.65535` to the directory. */
const longestSocketPath = 107;

/** Where the sockets of a new cluster go. Nothing is made. */
export async function chooseSockets(home: string, name: string, account: Account): Promise<string> {
  const digest = await homeDigest(home);
  const parents = account.switched
    ? ['/run/pgdba']
    : [runtimeFolder(), join(tmpdir(), `pgdba-${account.uid}`)].filter((parent) => parent !== undefined);
  const usable = parents.map((parent) => join(parent, digest, name)).find(fits);
  if (usable !== undefined) return usable;
  throw new PgdbaError('HOME_UNUSABLE', {
    facts: { home, problem: `the path of the Unix sockets of ${name} would be longer than ${longestSocketPath} bytes` },
    hint: 'choose a shorter name for the cluster, or a shorter TMPDIR',
  });
}

/**
 * Makes the directory anew if it is gone (a reboot empties /run); another one is chosen and recorded when the old place
 * can no longer be made (an $XDG_RUNTIME_DIR of a session that ended).
 */
export async function ensureSockets(home: string, cluster: Cluster, account: Account): Promise<string> {
  const mark = await requireMark(cluster);
  if (await make(mark.sockets, account)) return mark.sockets;
  const sockets = await chooseSockets(home, cluster.name, account);
  if (!(await make(sockets, account))) {
    throw new PgdbaError('RIGHTS_MISSING', {
      facts: { problem: `${sockets} cannot be made for the account ${account.name}, or belongs to somebody else` },
      hint: `look at ${dirname(dirname(sockets))} by hand`,
    });
  }
  const renewed: Mark = { ...mark, sockets };
  await writeMark(cluster.directory, renewed, account);
  return sockets;
}

export async function removeSockets(sockets: string): Promise<void> {
  await rm(sockets, { recursive: true, force: true });
  await rmdir(dirname(sockets)).catch(() => undefined);
  await rmdir(dirname(dirname(sockets))).catch(() => undefined);
}

/** Every directory on the way must be ours and no link: below /tmp anybody could have prepared one. */
async function make(sockets: string, account: Account): Promise<boolean> {
  const between = account.switched ? 0o711 : 0o700;
  try {
    for (const folder of [dirname(dirname(sockets)), dirname(sockets), sockets]) {
      await mkdir(folder, { mode: 0o700 }).catch(() => undefined);
      const found = await lstat(folder);
      const ours = found.uid === process.geteuid?.() || (folder === sockets && found.uid === account.uid);
      if (!found.isDirectory() || !ours) return false;
      if (folder === sockets && account.switched) await chown(folder, account.uid, account.gid);
      await chmod(folder, folder === sockets ? 0o700 : between);
    }
    return true;
  } catch {
    return false;
  }
}

function runtimeFolder(): string | undefined {
  const folder = process.env.XDG_RUNTIME_DIR;
  return folder ? join(folder, 'pgdba') : undefined;
}

function fits(directory: string): boolean {
  return Buffer.byteLength(`${directory}/.s.PGSQL.65535`) < longestSocketPath;
}
