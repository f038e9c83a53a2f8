import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { HostFacts } from '../provider.ts';

/** What this host, or the container pgdba runs in, gives its servers: the cgroup's limits before the machine's size. */
export async function hostFacts(directory: string): Promise<HostFacts> {
  const { bavail, bsize } = await statfs(directory);
  return {
    memory_bytes: Math.min(totalmem(), ...(await memoryLimits())),
    cpus: Math.max(1, Math.min(availableParallelism(), ...(await cpuLimits()))),
    disk_free_bytes: bavail * bsize,
  };
}

async function memoryLimits(): Promise<number[]> {
  const v2 = await readAll(await ownGroups(''), 'memory.max');
  const v1 = await readAll(await ownGroups('memory'), 'memory.limit_in_bytes');
  return [...v2, ...v1].map(Number).filter((bytes) => Number.isFinite(bytes) && bytes > 0);
}

async function cpuLimits(): Promise<number[]> {
  const v2 = (await readAll(await ownGroups(''), 'cpu.max')).map((text) => text.split(' '));
  const quotas = await readAll(await ownGroups('cpu'), 'cpu.cfs_quota_us');
  const periods = await readAll(await ownGroups('cpu'), 'cpu.cfs_period_us');
  const v1 = quotas.map((quota, index) => [quota, periods[index] ?? '']);
  return [...v2, ...v1]
    .map(([quota, period]) => Number(quota) / Number(period))
    .filter((cpus) => Number.isFinite(cpus) && cpus > 0);
}

/** The directories of our cgroup and of every group above it; controller '' is the one tree of version 2. */
async function ownGroups(controller: string): Promise<string[]> {
  const lines = (await readText('/proc/self/cgroup'))?.split('\n') ?? [];
  const line = lines.map((entry) => entry.split(':')).find(([, names]) => names?.split(',').includes(controller));
  const root = controller === '' ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${line?.[1] ?? controller}`;
  const parts = (line?.[2] ?? '/').split('/').filter(Boolean);
  return [root, ...parts.map((_, index) => join(root, ...parts.slice(0, index + 1)))];
}

async function readAll(folders: readonly string[], name: string): Promise<string[]> {
  const texts = await Promise.all(folders.map((folder) => readText(join(folder, name))));
  return texts.filter((text) => text !== undefined).map((text) => text.trim());
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
