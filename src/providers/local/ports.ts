import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { PgdbaError, systemCode } from '../../errors/pgdba-error.ts';

/**
 * Free ports below the range from which the kernel gives outgoing connections theirs: a port from that range may be
 * gone by the time the server starts. Random, so that two pgdbas at the same time rarely choose the same.
 */
export async function freePorts(count: number): Promise<number[]> {
  const first = 12_000;
  const last = Math.max(first + 2_000, Math.min(lowestOutgoing(), 32_768)) - 1;
  const found = new Set<number>();
  for (let tries = 0; found.size < count && tries < 5_000; tries += 1) {
    const port = first + Math.floor(Math.random() * (last - first + 1));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  if (found.size === count) return [...found];
  throw new PgdbaError('RIGHTS_MISSING', {
    facts: { problem: `${count} free TCP ports between ${first} and ${last} were not to be found` },
    hint: 'stop programs that listen there',
  });
}

/** Errors: PORT_TAKEN {port, server, pid}. */
export async function requireFree(server: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (await isFree(port)) continue;
    const pid = holderOf(port) ?? null;
    throw new PgdbaError('PORT_TAKEN', {
      facts: { port, server, pid },
      hint:
        pid === null ? `find out who listens: ss -ltnp "sport = :${port}"` : `stop process ${pid}, which listens there`,
    });
  }
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const trial = createServer();
    trial.once('error', (error) => {
      if (systemCode(error) === 'EADDRINUSE' || systemCode(error) === 'EACCES') resolve(false);
      else reject(error);
    });
    trial.listen({ port, host: '127.0.0.1', exclusive: true }, () => trial.close(() => resolve(true)));
  });
}

/** The process that listens on a port, if we may know. */
export function holderOf(port: number): number | undefined {
  const inodes = new Set(
    [...listeners('/proc/net/tcp'), ...listeners('/proc/net/tcp6')]
      .filter((one) => one.port === port)
      .map(({ inode }) => inode),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (descriptorsOf(pid).some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''))) return Number(pid);
  }
  return undefined;
}

function listeners(file: string): { port: number; inode: string }[] {
  const listening = '0A';
  return read(file)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening)
    .map((fields) => ({ port: Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16), inode: fields[9] ?? '' }));
}

function descriptorsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${name}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}

function lowestOutgoing(): number {
  return Number.parseInt(read('/proc/sys/net/ipv4/ip_local_port_range'), 10) || 32_768;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
