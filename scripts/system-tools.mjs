// Which servers pgdba's local provider and tests need, and where this machine has them. No dependencies: this runs
// before npm has installed anything.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const OLDEST_POSTGRES = 13;

// Debian keeps pgbouncer in /usr/sbin, which an ordinary user's PATH leaves out.
const EXTRA_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/sbin', '/opt/homebrew/bin'];

/**
 * The tools that are not here: [{tool, why, deb, rpm, brew, pipx?}], empty when nothing is missing. `tests`: also what
 * only the tests need.
 * `deb` is a list of alternatives per package: the first one this release of Debian or Ubuntu knows is meant.
 */
export function missingTools({ tests = false } = {}) {
  const missing = [];
  if (!postgresFolder()) {
    missing.push({
      tool: `postgres, initdb, pg_ctl and pg_controldata (PostgreSQL ${OLDEST_POSTGRES} or newer)`,
      why: 'the database servers themselves',
      deb: [['postgresql']],
      rpm: ['postgresql-server'],
      brew: ['postgresql@17'],
    });
  }
  if (!findTool('psql')) {
    const why = 'the client that people and tests connect with';
    missing.push({ tool: 'psql', why, deb: [['postgresql-client']], rpm: ['postgresql'], brew: ['postgresql@17'] });
  }
  const patroni = findTool('patroni');
  if (!patroni || !speaksEtcd(patroni)) {
    missing.push({
      tool: patroni ? 'patroni with its etcd module' : 'patroni',
      why: 'keeps one primary and fails over',
      deb: patroni ? [['python3-etcd']] : [['patroni'], ['python3-etcd']],
      rpm: ['patroni', 'patroni-etcd'],
      brew: [],
      pipx: ['patroni[etcd3,psycopg3]'],
    });
  }
  if (!findTool('etcd')) {
    const why = 'where Patroni keeps its leader lock';
    missing.push({ tool: 'etcd', why, deb: [['etcd-server', 'etcd'], ['etcd-client']], rpm: ['etcd'], brew: ['etcd'] });
  }
  if (!findTool('pgbouncer')) {
    const why = 'holds clients while the primary changes';
    missing.push({ tool: 'pgbouncer', why, deb: [['pgbouncer']], rpm: ['pgbouncer'], brew: ['pgbouncer'] });
  }
  // PostgreSQL refuses to run as root, so root hands the servers to another user.
  if (process.getuid?.() === 0 && process.platform === 'linux' && !findTool('setpriv')) {
    const why = 'starts servers as the postgres user';
    missing.push({ tool: 'setpriv', why, deb: [['util-linux']], rpm: ['util-linux'], brew: [] });
  }
  if (tests && process.platform === 'linux' && !findTool('strace')) {
    const why = 'kills pgdba at every write of its journal, and makes its disk fail (tests only)';
    missing.push({ tool: 'strace', why, deb: [['strace']], rpm: ['strace'], brew: [] });
  }
  return missing;
}

/** Absolute path of a program, or undefined. */
export function findTool(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...EXTRA_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The folder with a whole server of a major we support, newest first; or undefined. */
function postgresFolder() {
  const versioned = [...majorsUnder('/usr/lib/postgresql', ''), ...majorsUnder('/usr', 'pgsql-')]
    .filter(({ major, folder }) => major >= OLDEST_POSTGRES && isWholeServer(folder))
    .sort((a, b) => b.major - a.major);
  if (versioned[0]) return versioned[0].folder;

  const postgres = findTool('postgres');
  if (!postgres) return undefined;
  const folder = dirname(realpathSync(postgres));
  const said = spawnSync(postgres, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const major = Number(/(\d+)/.exec(said)?.[1] ?? 0);
  return major >= OLDEST_POSTGRES && isWholeServer(folder) ? folder : undefined;
}

function majorsUnder(parent, prefix) {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => ({ major: Number(name.slice(prefix.length)), folder: join(parent, name, 'bin') }));
}

function isWholeServer(folder) {
  return ['postgres', 'initdb', 'pg_ctl', 'pg_controldata'].every((name) => isExecutable(join(folder, name)));
}

/**
 * Patroni's `etcd3:` section needs the Python package `etcd` (and dnspython, which that package pulls in); a Patroni
 * installed for Consul or Kubernetes comes without it. Starting Python costs half a second, so look at the files first.
 */
function speaksEtcd(patroni) {
  const shebang = readFileSync(patroni, 'utf8').split('\n', 1)[0] ?? '';
  if (!shebang.startsWith('#!')) return true;
  const [interpreter, argument] = shebang.slice(2).trim().split(/\s+/);
  if (!interpreter) return true;
  if (interpreter === '/usr/bin/python3' && existsSync('/usr/lib/python3/dist-packages/etcd/__init__.py')) return true;
  const [command, ...args] = interpreter.endsWith('/env') && argument ? [interpreter, argument] : [interpreter];
  const tried = spawnSync(command, [...args, '-c', 'import patroni.dcs.etcd3'], { stdio: 'ignore' });
  return tried.status === 0;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
