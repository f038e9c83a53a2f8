import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Account } from './account.ts';
import { canReach } from './account.ts';

/** Where root puts clusters, when the server account cannot pass through the home. */
const shared = '/var/lib/pgdba';

/** The home without links; a part that does not exist yet stays as it is spelt. */
export async function realHome(home: string): Promise<string> {
  const path = resolve(home);
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined || path === dirname(path)) return real ?? path;
  return join(await realHome(dirname(path)), basename(path));
}

/** 8 hex digits that tell the homes of one machine apart. */
export async function homeDigest(home: string): Promise<string> {
  return createHash('sha256')
    .update(await realHome(home))
    .digest('hex')
    .slice(0, 8);
}

export async function clustersFolder(home: string, account: Account): Promise<string> {
  const inside = join(await realHome(home), 'clusters');
  if (!account.switched || (await canReach(account, inside))) return inside;
  return join(shared, await homeDigest(home));
}

/** Makes the folder above the clusters. As root others may pass through it but not list it. */
export async function ensureClustersFolder(folder: string, account: Account): Promise<void> {
  if (!account.switched || !folder.startsWith(`${shared}/`)) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return;
  }
  await mkdir(shared, { recursive: true, mode: 0o711 });
  await mkdir(folder, { recursive: true, mode: 0o711 });
}
