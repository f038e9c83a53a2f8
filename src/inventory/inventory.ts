import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import type { Cluster } from './cluster.ts';

const formatVersion = 1;

interface InventoryFile {
  readonly v: number;
  readonly clusters: Readonly<Record<string, Cluster>>;
}

/**
 * The known clusters: `clusters.json` of one home. Read afresh at every call; changed under a lock file and replaced
 * by rename, so that a reader never sees half of it and two writers never lose each other's change.
 */
export class Inventory {
  readonly #file: string;

  constructor(home: string) {
    this.#file = join(home, 'clusters.json');
  }

  /** By name. Errors: INVENTORY_INVALID. */
  async list(): Promise<readonly Cluster[]> {
    const { clusters } = await this.#read();
    return Object.values(clusters).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async read(name: string): Promise<Cluster | null> {
    const { clusters } = await this.#read();
    return Object.hasOwn(clusters, name) ? (clusters[name] ?? null) : null;
  }

  /** Adds the cluster, or replaces the entry of the same id. Errors: CLUSTER_SPEC_DIFFERS, INVENTORY_*. */
  async register(cluster: Cluster): Promise<void> {
    await this.#change((clusters) => {
      const other = clusters[cluster.name];
      if (other && other.id !== cluster.id) {
        throw new PgdbaError('CLUSTER_SPEC_DIFFERS', {
          facts: { cluster: cluster.name, diff: `it was registered meanwhile by run ${other.created_by_run}` },
          hint: 'choose another name, or look at it with `pgdba cluster list`',
        });
      }
      return { ...clusters, [cluster.name]: cluster };
    });
  }

  /** Removes the entry with this id; nothing when there is none. */
  async forget(id: string): Promise<void> {
    await this.#change((clusters) =>
      Object.fromEntries(Object.entries(clusters).filter(([, cluster]) => cluster.id !== id)),
    );
  }

  async #change(edit: (clusters: InventoryFile['clusters']) => InventoryFile['clusters']): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    const unlock = await lock(`${this.#file}.lock`);
    try {
      const { clusters } = await this.#read();
      await replace(this.#file, `${JSON.stringify({ v: formatVersion, clusters: edit(clusters) }, null, 2)}\n`);
    } finally {
      await unlock();
    }
  }

  async #read(): Promise<InventoryFile> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return { v: formatVersion, clusters: {} };
      throw this.#invalid(describe(thrown), thrown);
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (thrown) {
      throw this.#invalid(describe(thrown), thrown);
    }
    if (!isInventoryFile(parsed)) throw this.#invalid('it is not an inventory of this version of pgdba');
    return parsed;
  }

  #invalid(problem: string, cause?: unknown): PgdbaError {
    return new PgdbaError('INVENTORY_INVALID', {
      facts: { file: this.#file, problem },
      hint: 'restore the file from a copy; pgdba never writes a part of it, so another program did',
      cause,
    });
  }
}

function isInventoryFile(value: unknown): value is InventoryFile {
  if (value === null || typeof value !== 'object' || !('v' in value) || !('clusters' in value)) return false;
  return value.v === formatVersion && value.clusters !== null && typeof value.clusters === 'object';
}

async function replace(file: string, content: string): Promise<void> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } catch (thrown) {
    // What fails on an open file names no path.
    throw thrown instanceof Error && systemCode(thrown) !== undefined ? Object.assign(thrown, { path: fresh }) : thrown;
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  const directory = await open(dirname(file), 'r');
  await directory.sync().finally(() => directory.close());
}

/** Held for milliseconds. A holder that died is recognised by its pid, and waited for at most 5 s. */
async function lock(path: string): Promise<() => Promise<void>> {
  const deadline = performance.now() + 5000;
  for (;;) {
    try {
      const handle = await open(path, 'wx', 0o600);
      await handle.writeFile(String(process.pid)).finally(() => handle.close());
      return () => rm(path, { force: true });
    } catch (thrown) {
      if (systemCode(thrown) !== 'EEXIST') throw thrown;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder > 0 && !lives(holder)) await bury(path, holder);
    else if (performance.now() > deadline) {
      throw new PgdbaError('INVENTORY_BUSY', {
        facts: { pid: holder },
        hint: `wait for that process, or remove ${path} when it is gone`,
      });
    } else await delay(20);
  }
}

/** Moves a dead holder's lock away; when another waiter was faster and the lock is a new one, it is put back. */
async function bury(path: string, holder: number): Promise<void> {
  const grave = `${path}.${process.pid}`;
  await rename(path, grave).catch(() => undefined);
  const buried = Number(await readFile(grave, 'utf8').catch(() => holder));
  if (buried !== holder) await link(grave, path).catch(() => undefined);
  await rm(grave, { force: true });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return systemCode(thrown) === 'EPERM';
  }
}
