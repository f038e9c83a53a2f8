// Pieces of src/ as one module, for benches that measure them without the program around them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'rolldown';
import { root } from '../scripts/prepare.mjs';

/** Imports what these files export, bundled as the product is. */
export async function importSources(...files) {
  const directory = mkdtempSync(join(root, '.build-bench-'));
  try {
    const entry = join(directory, 'entry.ts');
    writeFileSync(entry, files.map((file) => `export * from ${JSON.stringify(join(root, file))};\n`).join(''));
    const output = { file: join(directory, 'entry.mjs'), format: 'esm' };
    await build({ cwd: root, input: entry, platform: 'node', output, logLevel: 'warn' });
    return await import(pathToFileURL(output.file).href);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
