import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { GuardedPooler, Login } from '../formats/guard-talk.ts';
import { formatPoolerTarget } from '../formats/pooler-target.ts';

/**
 * Replaces a pooler's target file by rename, so that nobody ever reads half of it; it belongs to the pooler's account.
 * Not synced: clients are waiting, and a file lost in a power cut is lost together with the pause.
 */
export async function pointTarget({ path, uid, gid }: GuardedPooler['target'], member: Login): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(formatPoolerTarget(member));
      if (process.getuid?.() === 0) await file.chown(uid, gid);
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw thrown;
  }
}
