import { access, chmod, constants, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import { userHome } from '../formats/who.ts';

/** pgdba's own directory: --home, else PGDBA_HOME, else `~/.pgdba` of the effective user (not of $HOME: sudo keeps it). */
export function resolveHome(sources: {
  readonly flag: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}): string {
  const named = sources.flag ?? sources.env.PGDBA_HOME;
  return named ? resolve(sources.cwd, named) : join(userHome(), '.pgdba');
}

/** Makes the home, mode 0700, when it is not there; refuses one that cannot be trusted. Errors: HOME_UNUSABLE. */
export function ensureHome(home: string): Promise<void> {
  return usable(home, async () => {
    // The umask may have taken bits away, never added any.
    if (await makeDirectory(home)) return;
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
    await closeToOthers(home, 'write');
  });
}

/** For work that leaves nothing behind: a home that is there need not be writable. Errors: HOME_UNUSABLE. */
export function ensureReadableHome(home: string): Promise<void> {
  return usable(home, async () => {
    if (await makeDirectory(home)) return;
    await access(home, constants.R_OK | constants.X_OK);
    await closeToOthers(home, 'read');
  });
}

async function usable(home: string, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (thrown) {
    if (thrown instanceof PgdbaError) throw thrown;
    throw new PgdbaError('HOME_UNUSABLE', {
      facts: { home, problem: describe(thrown) },
      hint: 'name another directory with --home or PGDBA_HOME',
      cause: thrown,
    });
  }
}

/**
 * The directory and the parents it lacks; false when it was there. Not `mkdir` with `recursive`: where a parent exists and
 * still answers ENOENT, as /proc does, Node 20 to 24 tries for ever.
 */
async function makeDirectory(path: string): Promise<boolean> {
  if (await stat(path).catch(() => undefined)) return false;
  if (dirname(path) !== path) await makeDirectory(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch((thrown: unknown) => {
    if (systemCode(thrown) !== 'EEXIST') throw thrown;
  });
  return true;
}

/** An empty directory becomes ours. One with files in it is left as it is: it may be `/tmp`, given by mistake. */
async function closeToOthers(home: string, use: 'read' | 'write'): Promise<void> {
  const { mode } = await stat(home);
  if ((mode & 0o077) === 0) return;
  if ((await readdir(home)).length === 0) return use === 'write' ? chmod(home, 0o700) : undefined;
  if ((mode & 0o022) === 0) return;
  throw new PgdbaError('HOME_UNUSABLE', {
    facts: { home, problem: `others may write into it (mode ${(mode & 0o777).toString(8)})` },
    hint: `chmod 700 ${home}, or name another directory with --home`,
  });
}
