import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

export interface Programs {
  readonly guard: string;
  readonly holder: string;
  remove(): Promise<void>;
}

/** The guard and a stand-in for pgdba, built from the sources as they are. */
export async function buildPrograms(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'pgdba-guard-'));
  const input = {
    guard: join(import.meta.dirname, '../../src/guard/main.ts'),
    holder: join(import.meta.dirname, 'holder.ts'),
  };
  const bundle = await rolldown({ input, platform: 'node', external: ['pg-native'], logLevel: 'silent' });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' });
  await bundle.close();
  return {
    guard: join(folder, 'guard.mjs'),
    holder: join(folder, 'holder.mjs'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
