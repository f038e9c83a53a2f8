import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { plainCommands } from '../../src/cli/plain-commands.ts';

export interface LabProgram {
  readonly launcher: string;
  remove(): void;
}

const root = join(import.meta.dirname, '../..');

/** pgdba as it is, with its launcher, built with the steps of this folder in place of the shipped ones. */
export async function buildLabProgram(): Promise<LabProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'pgdba-lab-'));
  const bundle = await rolldown({
    input: join(root, 'src/main.ts'),
    platform: 'node',
    external: ['pg-native'],
    logLevel: 'silent',
    resolve: { alias: { '../steps/index.ts': join(import.meta.dirname, 'cancel-steps.ts') } },
  });
  const dir = join(folder, 'dist', 'src');
  await bundle.write({ dir, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js' });
  await bundle.close();
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  writeFileSync(join(folder, 'dist', 'verbs.json'), JSON.stringify({ verbs: plainCommands }));
  return { launcher: join(folder, 'bin', 'pgdba'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
