import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import { userName } from '../../formats/who.ts';

/** The system account that servers run as and that owns their files. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Every group of the account, its primary one included. */
  readonly groups: readonly number[];
  /** pgdba runs as root and hands servers over to this account. */
  readonly switched: boolean;
}

/** The current user; started by root, the account `postgres`: PostgreSQL refuses root. Errors: RIGHTS_MISSING. */
export async function serverAccount(): Promise<Account> {
  const [uid, gid] = [process.geteuid?.() ?? -1, process.getegid?.() ?? -1];
  const name = userName();
  if (uid !== 0) return { name, uid, gid, groups: process.getgroups?.() ?? [gid], switched: false };
  const found = lookUp('postgres');
  if (!found) {
    throw new PgdbaError('RIGHTS_MISSING', {
      facts: { problem: 'pgdba runs as root and there is no account postgres to run servers as' },
      hint: 'install PostgreSQL from a package (it makes the account), or run pgdba as an ordinary user',
    });
  }
  return { name: 'postgres', ...found, groups: groupsOf('postgres', found.gid), switched: true };
}

/** argv that runs as the account. `dieWithUs`: the kernel ends it when pgdba dies; never for servers. */
export function asAccount(account: Account, argv: readonly string[], { dieWithUs = false } = {}): string[] {
  const last = dieWithUs ? ['--pdeathsig', 'TERM'] : [];
  const change = ['--reuid', String(account.uid), '--regid', String(account.gid), '--init-groups'];
  if (account.switched) return ['setpriv', ...change, ...last, '--', ...argv];
  return last.length > 0 ? ['setpriv', ...last, '--', ...argv] : [...argv];
}

/** Whether the account may pass through every directory above `path` (and `path` itself, if it is a directory). */
export async function canReach(account: Account, path: string): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (!found) return false;
    if (found.isDirectory() && !mayPass(account, found)) return false;
    if (at === dirname(at)) return true;
  }
}

function mayPass(account: Account, { uid, gid, mode }: { uid: number; gid: number; mode: number }): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (account.groups.includes(gid)) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/** Only root asks, and for a system account, which the file knows even where a directory service knows the others. */
function lookUp(name: string): { uid: number; gid: number } | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [account, , uid, gid] = line.split(':');
    if (account === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** From the file, like the account itself: this is asked often, and a process each time would be felt. */
function groupsOf(name: string, gid: number): number[] {
  const lines = readFileSync('/etc/group', 'utf8').split('\n');
  const entries = lines.map((line) => line.split(':'));
  const of = entries.filter(([, , , members = '']) => members.split(',').includes(name));
  return [gid, ...of.map(([, , id]) => Number(id))];
}
