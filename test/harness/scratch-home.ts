import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScratchHome {
  readonly path: string;
  remove(): Promise<void>;
}

/** A PGDBA_HOME of its own for one test or one group of tests. */
export async function scratchHome(): Promise<ScratchHome> {
  const path = await mkdtemp(join(tmpdir(), 'pgdba-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
