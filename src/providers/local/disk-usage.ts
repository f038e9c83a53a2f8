import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes on disk at and below a path. What vanishes while we look counts as nothing. */
export async function diskUsage(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 0;
  const own = found.blocks * 512;
  if (!found.isDirectory()) return own;
  const names = await readdir(path).catch(() => []);
  let total = own;
  for (const name of names) total += await diskUsage(join(path, name));
  return total;
}
