/** A program of its own that takes and gives back a lease on command, for the races; one line in, one line out. */
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FileLease } from '../../../../src/engine/lease/file-lease.ts';
import { acquireLease } from '../../../../src/engine/lease/lease.ts';
import { PgdbaError } from '../../../../src/errors/pgdba-error.ts';
import { isAlive, ownIdentity } from '../../../../src/journal/process-identity.ts';

const [home = '', run = ''] = process.argv.slice(2);
const inside = join(home, 'inside');
mkdirSync(inside, { recursive: true });
let lease: FileLease | undefined;

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(line)}\n`);
}

async function answer(command: string): Promise<string> {
  try {
    if (command === 'take') {
      lease = await acquireLease({ home, cluster: 'demo', keys: ['topology'], run });
      return `took ${lease.token}`;
    }
    if (command === 'release') {
      await lease?.release();
      return 'released';
    }
    if (command === 'work') {
      await lease?.assertHeld();
      return 'worked';
    }
    return await churn(Number(command));
  } catch (thrown) {
    if (thrown instanceof PgdbaError) return thrown.code;
    throw thrown;
  }
}

/** Takes and gives back until it was done `times` times; says which tokens it had, or who else was inside with it. */
async function churn(times: number): Promise<string> {
  const tokens: number[] = [];
  while (tokens.length < times) {
    const held = await acquireLease({ home, cluster: 'demo', keys: ['topology'], run }).catch((thrown: unknown) => {
      if (thrown instanceof PgdbaError && thrown.code === 'LEASE_BUSY') return undefined;
      throw thrown;
    });
    if (!held) continue;
    const mark = enter(held.token);
    const others = company(mark);
    await held.assertHeld();
    if (others.length > 0) return `overlap ${others.join(' ')}`;
    rmSync(join(inside, mark));
    await held.release();
    tokens.push(held.token);
  }
  return `tokens ${tokens.join(' ')}`;
}

function enter(token: number): string {
  const { boot_id, pid, start_time } = ownIdentity();
  const mark = `${token}-${pid}`;
  symlinkSync(`${boot_id}:${pid}:${start_time}`, join(inside, mark));
  return mark;
}

/** Living programs that are inside besides us; what a killed one left behind does not count. */
function company(mark: string): string[] {
  return readdirSync(inside).filter((name) => {
    if (name === mark) return false;
    try {
      const [boot_id = '', pid, start_time] = readlinkSync(join(inside, name)).split(':');
      return isAlive({ boot_id, pid: Number(pid), start_time: Number(start_time) });
    } catch {
      return false;
    }
  });
}
