import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from './layout.ts';

/** Far more than anybody asks for; a log may have gigabytes. */
const tailBytes = 512 * 1024;

/** The last lines of what a server wrote, oldest first; for a member Patroni's and PostgreSQL's lines in one order. */
export async function lastLines(server: Server, count: number): Promise<string[]> {
  const own = await tail(server.log);
  const postgres = server.kind === 'member' ? await tail(await newestLog(server.postgresLog)) : [];
  const merged = postgres.length === 0 ? own : byTime([own, postgres]);
  return merged.slice(-count);
}

async function tail(file: string | undefined): Promise<string[]> {
  const handle = file === undefined ? undefined : await open(file, 'r').catch(() => undefined);
  if (!handle) return [];
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, tailBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    if (size > length) lines.shift();
    return lines.filter((line) => line !== '');
  } finally {
    await handle.close();
  }
}

async function newestLog(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      return { file, time: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  return files.sort((a, b) => b.time - a.time)[0]?.file;
}

/** Both write `2026-11-20 13:40:00,123` or `….123` in UTC first; a line without a time belongs to the one before it. */
function byTime(logs: readonly string[][]): string[] {
  const stamped = logs.flatMap((lines) => {
    let time = '';
    return lines.map((line) => {
      time = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3})/.exec(line)?.[1]?.replace(',', '.') ?? time;
      return { time, line };
    });
  });
  return stamped.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)).map(({ line }) => line);
}
