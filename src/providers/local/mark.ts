import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PgdbaError, systemCode } from '../../errors/pgdba-error.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import type { Account } from './account.ts';
import { writeOwned } from './owned-files.ts';

/** `.pgdba.json`: the first file in a cluster's directory, the last one removed. */
export interface Mark {
  readonly cluster_id: string;
  readonly name: string;
  readonly made_at: string;
  /** Where the Unix sockets are; chosen once, for the environment it is chosen from may differ at the next call. */
  readonly sockets: string;
}

export const markFile = '.pgdba.json';

/** null: no readable mark of ours. */
export async function readMark(directory: string): Promise<Mark | null> {
  const text = await readFile(join(directory, markFile), 'utf8').catch((thrown: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return undefined;
    throw thrown;
  });
  if (text === undefined) return null;
  try {
    const mark: unknown = JSON.parse(text);
    return isMark(mark) ? mark : null;
  } catch {
    return null;
  }
}

export async function writeMark(directory: string, mark: Mark, account: Account): Promise<void> {
  await writeOwned(join(directory, markFile), `${JSON.stringify(mark)}\n`, account);
}

/** Errors: CLUSTER_NOT_OURS when the directory does not carry this cluster's mark. */
export async function requireMark(cluster: Cluster): Promise<Mark> {
  const mark = await readMark(cluster.directory);
  if (mark?.cluster_id === cluster.id) return mark;
  throw new PgdbaError('CLUSTER_NOT_OURS', {
    facts: { what: cluster.directory, cluster: cluster.name, mark: mark?.cluster_id ?? null, expected: cluster.id },
    hint: `look at ${cluster.directory} by hand: pgdba only touches what it made itself`,
  });
}

function isMark(value: unknown): value is Mark {
  return (
    typeof value === 'object' &&
    value !== null &&
    'cluster_id' in value &&
    typeof value.cluster_id === 'string' &&
    'sockets' in value &&
    typeof value.sockets === 'string'
  );
}
