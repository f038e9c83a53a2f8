import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

export interface CrashProgram {
  readonly file: string;
  readonly folder: string;
  remove(): void;
}

const root = join(import.meta.dirname, '../..');

/** A program of the lab as one folder that looks like an installed pgdba: its guard is the built one. */
export async function buildCrashProgram(name: 'crash-program' | 'matrix-program'): Promise<CrashProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'pgdba-crash-'));
  const dir = join(folder, 'dist', 'test');
  const bundle = await rolldown({
    input: join(root, `test/harness/${name}.ts`),
    platform: 'node',
    external: ['pg-native'],
    logLevel: 'silent',
    resolve: { alias: { ulid: join(root, 'test/harness/fixed-ulid.ts') } },
  });
  await bundle.write({ dir, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js' });
  await bundle.close();
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'dist', 'src'), { recursive: true });
  symlinkSync(join(root, 'dist', 'src', 'guard'), join(folder, 'dist', 'src', 'guard'));
  return { file: join(dir, `${name}.js`), folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
