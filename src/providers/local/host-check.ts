import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asPgdbaError } from '../../errors/pgdba-error.ts';
import type { HostProblem, HostReport } from '../provider.ts';
import { canReach, serverAccount } from './account.ts';
import { findProgram, packageHint, postgresMajors } from './binaries.ts';

const execute = promisify(execFile);
/** Programs are looked at without what pgdba was started with: that may hold secrets, and `/proc` shows it. */
const run = (file: string, args: readonly string[]) =>
  execute(file, args, { timeout: 20_000, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } });
const oldestMajor = 13;
const programs = ['patroni', 'etcd', 'pgbouncer', 'psql', 'setpriv'] as const;

/** Everything that keeps this host from carrying a cluster. Starts nothing but `--version` calls. */
export async function checkHost(pgMajor: number | null): Promise<HostReport> {
  if (process.platform !== 'linux') {
    const hint = 'run pgdba on Linux, or in a Linux container or virtual machine';
    return {
      problems: [{ what: `provider local runs on Linux only, not on ${process.platform}`, hint, kind: 'host' }],
      found: {},
      pg_majors: [],
    };
  }
  const majors = postgresMajors();
  const checks = await Promise.all([...programs.map(checkProgram), checkPostgres(majors, pgMajor), checkEtcdModule()]);
  return {
    problems: [...(await checkAccount()), ...checks.flatMap(({ problems }) => problems)],
    found: Object.assign({}, ...checks.map(({ found }) => found)) as Record<string, string>,
    pg_majors: [...majors.keys()],
  };
}

interface Check {
  readonly problems: readonly HostProblem[];
  readonly found: Readonly<Record<string, string>>;
}

async function checkProgram(name: (typeof programs)[number]): Promise<Check> {
  const path = findProgram(name);
  if (path === undefined) return { problems: [missing(`${name}: not found`, packageHint(name))], found: {} };
  return { problems: [], found: { [name]: await versionOf(path) } };
}

async function checkPostgres(majors: ReadonlyMap<number, string>, wanted: number | null): Promise<Check> {
  const found: Record<string, string> = {};
  for (const [major, folder] of majors) found[`postgresql ${major}`] = await versionOf(join(folder, 'postgres'));
  const fitting = [...majors.keys()].filter((major) => (wanted === null ? major >= oldestMajor : major === wanted));
  if (fitting.length > 0) return { problems: [], found };
  const what = wanted === null ? `PostgreSQL ${oldestMajor} or newer: not found` : `PostgreSQL ${wanted}: not found`;
  const others = majors.size > 0 ? `, or choose one of ${[...majors.keys()].join(', ')}` : '';
  return { problems: [missing(what, `${packageHint('postgres')}${others}`)], found };
}

/** A Patroni that was packaged for Consul or Kubernetes comes without the module for etcd. */
async function checkEtcdModule(): Promise<Check> {
  const patroni = findProgram('patroni');
  if (patroni === undefined) return { problems: [], found: {} };
  const [interpreter, ...args] = await interpreterOf(patroni);
  if (interpreter === undefined) return { problems: [], found: {} };
  const speaks = await run(interpreter, [...args, '-c', 'import patroni.dcs.etcd3']).then(
    () => true,
    () => false,
  );
  const hint = 'install Debian: python3-etcd · RHEL: patroni-etcd · else: pipx install "patroni[etcd3,psycopg3]"';
  return {
    problems: speaks ? [] : [missing('patroni: cannot speak to etcd (its Python module is missing)', hint)],
    found: {},
  };
}

async function checkAccount(): Promise<HostProblem[]> {
  const account = await serverAccount().catch(asPgdbaError);
  if ('code' in account) return [{ what: account.message, hint: account.hint, kind: 'rights' }];
  const hidden: HostProblem[] = [];
  for (const name of ['patroni', 'etcd', 'pgbouncer']) {
    const path = findProgram(name);
    if (path === undefined || !account.switched || (await canReach(account, path))) continue;
    const hint = `put ${name} where every account may run it, for example /usr/bin`;
    hidden.push({ what: `${name}: the account ${account.name} cannot reach ${path}`, hint, kind: 'rights' });
  }
  return hidden;
}

async function interpreterOf(script: string): Promise<string[]> {
  const [first = ''] = (await readFile(script, 'latin1')).split('\n', 1);
  if (!first.startsWith('#!')) return [];
  const [program = '', ...args] = first.slice(2).trim().split(/\s+/);
  return program.endsWith('/env') ? args.filter((word) => !word.startsWith('-')) : [program, ...args];
}

async function versionOf(path: string): Promise<string> {
  const answer = await run(path, ['--version']).catch(() => undefined);
  const line = answer?.stdout.split('\n', 1)[0] ?? '';
  return /(\d+(?:\.\d+)+(?:beta\d+|rc\d+)?)/.exec(line)?.[1] ?? (line || 'of unknown version');
}

function missing(what: string, hint: string): HostProblem {
  return { what, hint, kind: 'binary' };
}
