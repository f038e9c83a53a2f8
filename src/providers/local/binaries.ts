import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { PgdbaError } from '../../errors/pgdba-error.ts';

/** Debian keeps pgbouncer in /usr/sbin, which an ordinary user's PATH leaves out. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The package that brings a program, for hints. */
const packages: Readonly<Record<string, string>> = {
  postgres: 'Debian: postgresql · RHEL: postgresql-server · Homebrew: postgresql@17',
  psql: 'Debian: postgresql-client · RHEL: postgresql · Homebrew: libpq',
  patroni: 'Debian: patroni python3-etcd · RHEL: patroni patroni-etcd · else: pipx install "patroni[etcd3,psycopg3]"',
  etcd: 'Debian: etcd-server · RHEL: etcd · Homebrew: etcd',
  pgbouncer: 'Debian: pgbouncer · RHEL: pgbouncer · Homebrew: pgbouncer',
  setpriv: 'Debian: util-linux · RHEL: util-linux',
};

export function packageHint(program: string): string {
  return `install ${packages[program] ?? program}`;
}

/** Absolute path of a program, from PATH and the system's own folders. */
export function findProgram(name: string): string | undefined {
  return searchPath()
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Errors: BINARY_MISSING. */
export function requireProgram(name: string): string {
  const path = findProgram(name);
  if (path !== undefined) return path;
  throw new PgdbaError('BINARY_MISSING', { facts: { missing: name }, hint: packageHint(name) });
}

/** Majors with a whole server on this host, newest first, with the folder of their programs. */
export function postgresMajors(): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const { major, folder } of [...majorsBelow('/usr/lib/postgresql', ''), ...majorsBelow('/usr', 'pgsql-')]) {
    if (isWholeServer(folder)) found.set(major, folder);
  }
  const onPath = findProgram('postgres');
  const folder = onPath === undefined ? undefined : dirname(realpathSync(onPath));
  const major = folder === undefined ? undefined : majorOf(folder);
  if (folder !== undefined && major !== undefined && !found.has(major) && isWholeServer(folder))
    found.set(major, folder);
  return new Map([...found].sort(([a], [b]) => b - a));
}

/** The folder with the programs of one major. Errors: BINARY_MISSING. */
export function postgresFolder(major: number): string {
  const folder = postgresMajors().get(major);
  if (folder !== undefined) return folder;
  throw new PgdbaError('BINARY_MISSING', {
    facts: { missing: `PostgreSQL ${major}` },
    hint: `install Debian: postgresql-${major} · RHEL: postgresql${major}-server · Homebrew: postgresql@${major}`,
  });
}

/** The PATH that servers and commands on them get: PostgreSQL's own programs first. */
export function serverPath(major: number): string {
  const own = postgresMajors().get(major);
  return [...(own === undefined ? [] : [own]), ...systemFolders].join(delimiter);
}

function searchPath(): string[] {
  return [...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/')), ...systemFolders];
}

function majorsBelow(parent: string, prefix: string): { major: number; folder: string }[] {
  try {
    return readdirSync(parent)
      .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
      .map((name) => ({ major: Number(name.slice(prefix.length)), folder: join(parent, name, 'bin') }));
  } catch {
    return [];
  }
}

/** A server outside the distributions' folders tells its major by its library's folder or its Homebrew cellar. */
function majorOf(folder: string): number | undefined {
  const digits = /(?:postgresql@?|pgsql-?|postgres-?)\/?(\d{2})(?:\.\d+)?\b/i.exec(folder)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function isWholeServer(folder: string): boolean {
  return ['postgres', 'initdb', 'pg_ctl', 'pg_controldata', 'pg_basebackup'].every((name) =>
    isExecutable(join(folder, name)),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
