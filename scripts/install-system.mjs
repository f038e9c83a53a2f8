#!/usr/bin/env node
// Installs the servers pgdba needs on this machine (PostgreSQL, Patroni, etcd, PgBouncer) where apt and the rights to use
// it are there; elsewhere says what is missing and what to install. Does nothing, quickly, when all is there.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findTool, missingTools } from './system-tools.mjs';

const LOCK_SECONDS = 300;

/** `wanted`: as `missingTools` takes it. Returns true when every tool is there afterwards; otherwise it has printed one message and returns false. */
export function installSystem(wanted = {}) {
  const missing = missingTools(wanted);
  if (missing.length === 0) return true;

  const asRoot = rootCommand();
  if (!findTool('apt-get') || !asRoot) {
    say(whatToInstall(missing, findTool('apt-get') ? 'no root rights and no passwordless sudo here' : 'no apt here'));
    return false;
  }

  let packages = resolvePackages(missing);
  let updated = false;
  if (packages.unknown.length > 0) {
    updated = updateLists(asRoot);
    packages = resolvePackages(missing);
  }
  if (packages.unknown.length > 0) {
    say(whatToInstall(missing, `apt does not know ${packages.unknown.join(', ')} (is "universe" enabled?)`));
    return false;
  }

  say(`pgdba needs servers that are not here yet:\n${missing.map(({ tool, why }) => `  ${tool}: ${why}`).join('\n')}`);
  say(`installing with apt (about a minute): ${packages.known.join(' ')}`);
  // Package lists older than the archive ask for files that are gone: refresh them once, then try again.
  const installed =
    install(asRoot, packages.known) || (!updated && updateLists(asRoot) && install(asRoot, packages.known));

  const still = missingTools(wanted);
  if (!installed || still.length > 0) {
    say(whatToInstall(still.length > 0 ? still : missing, 'apt-get install did not bring them; its output is above'));
    return false;
  }
  if (existsSync('/run/systemd/system')) {
    say('note: these packages may have started system services of their own (postgresql, etcd, patroni, pgbouncer).');
    say('      pgdba does not use them; stop them with `systemctl disable --now NAME` if you do not want them.');
  }
  return true;
}

/** The argv prefix that makes a command run as root; undefined when this user cannot. */
function rootCommand() {
  if (process.getuid?.() === 0) return ['env'];
  const sudo = findTool('sudo');
  if (!sudo) return undefined;
  return spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? [sudo, '-n', 'env'] : undefined;
}

function resolvePackages(missing) {
  const wanted = missing.flatMap(({ deb }) => deb);
  const candidates = installable(wanted.flat());
  const known = wanted.map((names) => names.find((name) => candidates.has(name))).filter(Boolean);
  const unknown = wanted.filter((names) => !names.some((name) => candidates.has(name))).map(([first]) => first);
  return { known: [...new Set(known)], unknown };
}

/** The names among these that apt could install now. */
function installable(names) {
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = spawnSync('apt-cache', ['policy', ...names], { encoding: 'utf8', env });
  const found = new Set();
  for (const block of (stdout ?? '').split(/^(?=\S)/m)) {
    const name = /^(\S+):$/m.exec(block)?.[1];
    const candidate = /^ {2}Candidate: (\S+)/m.exec(block)?.[1];
    if (name && candidate && candidate !== '(none)') found.add(name);
  }
  return found;
}

function updateLists(asRoot) {
  say('refreshing apt package lists');
  // DPkg::Lock::Timeout does not cover the lock on the lists, so a concurrent update is waited for here.
  const deadline = Date.now() + LOCK_SECONDS * 1000;
  for (;;) {
    const [command, ...args] = [...asRoot, 'LC_ALL=C', 'apt-get', 'update', '-q'];
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status === 0) return true;
    if (!/could not get lock|unable to lock/i.test(stderr ?? '') || Date.now() > deadline) {
      process.stderr.write(stderr ?? '');
      return false;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  }
}

function install(asRoot, packages) {
  const [command, ...args] = [
    ...asRoot,
    'DEBIAN_FRONTEND=noninteractive',
    'NEEDRESTART_SUSPEND=1',
    'apt-get',
    'install',
    '-y',
    '-q',
    '--no-install-recommends',
    '-o',
    `DPkg::Lock::Timeout=${LOCK_SECONDS}`,
    ...packages,
  ];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) say(`${stdout ?? ''}${stderr ?? ''}`);
  return status === 0;
}

function whatToInstall(missing, reason) {
  const words = (names) => [...new Set(names)].join(' ');
  const deb = words(missing.flatMap((tool) => tool.deb.map(([name]) => name)));
  const rpm = words(missing.flatMap((tool) => tool.rpm));
  const brew = words(missing.flatMap((tool) => tool.brew));
  const pipx = words(missing.flatMap((tool) => tool.pipx ?? []));
  return [
    `pgdba needs these programs and cannot install them itself (${reason}):`,
    ...missing.map(({ tool, why }) => `  ${tool}: ${why}`),
    'HINT: install them, then run this again.',
    `  Debian, Ubuntu   sudo apt-get install --no-install-recommends ${deb}`,
    `  RHEL, Fedora     sudo dnf install ${rpm}   (from the PostgreSQL yum repository, with its extras)`,
    `  Homebrew         ${[brew && `brew install ${brew}`, pipx && `pipx install '${pipx}'`].filter(Boolean).join('; ')}`,
  ].join('\n');
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(installSystem() ? 0 : 2);
}
