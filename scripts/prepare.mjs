// What must be there before pgdba can run from a clone: a Node that is new enough, npm packages, servers, a build.
// Plain Node without dependencies, since it may run before `npm ci` ever did. Each function is quick when all is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installSystem } from './install-system.mjs';

/** The repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** A file in dist/ whose time is when the build that made it began. */
export const BUILT_STAMP = '.built';

const OLDEST_NODE = [20, 19];
const SOURCES = ['src', 'steps', 'playbooks', 'scripts', 'package.json', 'package-lock.json', 'rolldown.config.mjs'];

/** Everything, or an exit with one message. `servers: false` leaves out PostgreSQL and its companions, `tests` adds what tests need. */
export function prepare({ servers = true, build = true, tests = false } = {}) {
  prepareNode();
  preparePackages();
  if (servers && !installSystem({ tests })) process.exit(2);
  if (build) prepareBuild();
}

/** Runs a program from the repository's root with the terminal handed through; a failure ends this process with its code. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) process.stderr.write(`error: ${command}: ${error.message}\n`);
  if (status !== 0) process.exit(status ?? 1);
}

function prepareNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  process.stderr.write(
    [
      `pgdba needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`,
      'HINT: install a newer one, then run this again.',
      '  Debian 13        sudo apt-get install nodejs npm',
      '  anywhere         https://nodejs.org/en/download',
      '  Homebrew         brew install node',
      '',
    ].join('\n'),
  );
  process.exit(2);
}

function preparePackages() {
  if (packagesMatchLock()) return;
  process.stderr.write('installing npm packages (npm ci)\n');
  // npm's own report goes to stderr: stdout belongs to whoever called us.
  run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], { stdio: ['ignore', 2, 2] });
}

/** Compares what npm wrote down at its last install with the lock file; times lie after a checkout. */
function packagesMatchLock() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === version : optional === true;
  });
}

function prepareBuild() {
  const stamp = join(root, 'dist', BUILT_STAMP);
  if (existsSync(stamp) && newest(SOURCES.map((name) => join(root, name))) <= statSync(stamp).mtimeMs) return;
  run(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: ['ignore', 2, 2] });
}

/** Newest change among these files and everything below these folders, folders included: deleting counts as a change. */
function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) continue;
    latest = Math.max(latest, stat.mtimeMs);
    if (stat.isDirectory()) latest = Math.max(latest, newest(readdirSync(path).map((name) => join(path, name))));
  }
  return latest;
}
