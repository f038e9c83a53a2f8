// How a script starts servers by hand: as the account postgres when it is root, since PostgreSQL refuses root.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { findTool } from '../scripts/system-tools.mjs';

const root = process.getuid?.() === 0;

/** argv that runs as the account of the servers. */
export function asServerAccount(argv) {
  return root ? ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups', '--', ...argv] : argv;
}

/** Starts a server in a session of its own with a clean environment; its output goes to `log`. */
export function startServer(argv, { cwd, log }) {
  const out = openSync(log, 'a');
  const [program, ...args] = asServerAccount(argv);
  const env = {
    PATH: `${serverFolder()}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    HOME: cwd,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  };
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', out, out] });
  closeSync(out);
  return child;
}

/** The folder of PostgreSQL's server programs, newest major first. */
export function serverFolder() {
  const packaged = '/usr/lib/postgresql';
  const majors = existsSync(packaged) ? readdirSync(packaged).filter((name) => /^\d+$/.test(name)) : [];
  const [newest] = majors.sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? dirname(findTool('postgres') ?? '/usr/bin/postgres') : `${packaged}/${newest}/bin`;
}
