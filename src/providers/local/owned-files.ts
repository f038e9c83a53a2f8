import { randomBytes } from 'node:crypto';
import { chmod, chown, type FileHandle, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asPgdbaError, PgdbaError, systemCode } from '../../errors/pgdba-error.ts';
import type { Account } from './account.ts';

/** A directory of the account, 0700 whatever the umask; its parent must exist. */
export async function ensureDirectory(path: string, account: Account): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((thrown: unknown) => {
    if (systemCode(thrown) !== 'EEXIST') throw asDiskFull(thrown, path);
  });
  const found = await lstat(path);
  if (found.isDirectory() && found.uid === account.uid && (found.mode & 0o777) === 0o700) return;
  if (account.switched && found.isDirectory()) await chown(path, account.uid, account.gid);
  await chmod(path, 0o700);
}

/** Writes beside and renames, so that nobody ever reads half a file; on disk when it resolves. */
export async function writeOwned(path: string, content: string, account: Account, mode = 0o600): Promise<void> {
  await replace(path, content, account, mode, (file) => file.datasync());
}

/** The same without waiting for the disk: for a file that is made anew after a power cut, while somebody waits for it. */
export async function writeOwnedSoon(path: string, content: string, account: Account): Promise<void> {
  await replace(path, content, account, 0o600, async () => undefined);
}

async function replace(
  path: string,
  content: string,
  account: Account,
  mode: number,
  sync: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    // wx: an own new file, never somebody's link
    const file = await open(beside, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.chmod(mode);
      if (account.switched) await file.chown(account.uid, account.gid);
      await sync(file);
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw asDiskFull(thrown, path);
  }
}

/** Answers whether the file had to be written. */
export async function writeIfDifferent(
  path: string,
  content: string,
  account: Account,
  mode = 0o600,
): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  const same =
    found?.isFile() === true &&
    (found.mode & 0o777) === mode &&
    found.uid === account.uid &&
    (await readFile(path, 'utf8')) === content;
  if (!same) await writeOwned(path, content, account, mode);
  return !same;
}

/** A full disk is the operator's to solve, not our bug; everything else stays what it is. */
function asDiskFull(thrown: unknown, path: string): unknown {
  const error = asPgdbaError(thrown);
  if (error.code !== 'DISK_FULL') return thrown;
  // What fails on an open file names none.
  return new PgdbaError('DISK_FULL', { facts: { path }, hint: error.hint, cause: thrown });
}
