// The same as switchover.mjs, both sides on a Patroni that does not wait 40 ms for each write to etcd: what is left is what
// pgdba itself costs.
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure as measureSwitchover } from './switchover.mjs';

export const title = 'Switching over, Patroni with TCP_NODELAY';

export async function measure(options) {
  const { PATH } = process.env;
  // The account of the servers cannot look into everybody's checkout.
  const programs = mkdtempSync(join(tmpdir(), 'pgdba-bench-patroni-'));
  try {
    chmodSync(programs, 0o755);
    cpSync(fileURLToPath(new URL('patroni-nodelay/patroni', import.meta.url)), join(programs, 'patroni'));
    process.env.PATH = `${programs}${delimiter}${PATH}`;
    return await measureSwitchover(options);
  } finally {
    process.env.PATH = PATH;
    rmSync(programs, { recursive: true, force: true });
  }
}
