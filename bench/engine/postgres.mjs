// A PostgreSQL of the bench's own, with its defaults, on a free port: gone when `use` is over.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { asServerAccount, serverFolder } from '../server-account.mjs';

/** `use` gets the URL of its superuser. */
export async function withPostgres(use) {
  const folder = mkdtempSync('/var/tmp/pgdba-bench-pg-');
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  const port = await freePort();
  const log = join(data, 'server.log');
  try {
    if (process.getuid?.() === 0) asRoot('chown', 'postgres', folder);
    server('initdb', '-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8');
    server('pg_ctl', '-D', data, '-w', '-l', log, '-o', `-p ${port} -k ${data} -h 127.0.0.1`, 'start');
    return await use(`postgresql://postgres@127.0.0.1:${port}/postgres`);
  } finally {
    spawnServerTool('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop');
    rmSync(folder, { recursive: true, force: true });
  }
}

function server(tool, ...args) {
  const { status, stderr, error } = spawnServerTool(tool, ...args);
  if (error || status !== 0) throw new Error(`${tool}: ${error?.message ?? stderr}`);
}

function spawnServerTool(tool, ...args) {
  const [program, ...rest] = asServerAccount([join(serverFolder(), tool), ...args]);
  // Its pipes would stay open as long as the server that it starts.
  return spawnSync(program, rest, { cwd: '/', encoding: 'utf8', stdio: ['ignore', 'ignore', 'ignore'] });
}

function asRoot(...argv) {
  const [program, ...args] = argv;
  const { status } = spawnSync(program, args);
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
