#!/usr/bin/env node
// Builds dist/: the bundle, verbs.json and the declarations of the step contract. The new tree is made aside and swapped
// in at the end, so a failed build leaves the old one standing and a running one never sees half a tree.
import { spawnSync } from 'node:child_process';
import { renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILT_STAMP, root } from './prepare.mjs';

const started = new Date();
const dist = join(root, 'dist');
const next = join(root, `.build-${process.pid}`);
process.on('exit', () => rmSync(next, { recursive: true, force: true }));

await bundle();
await import(pathToFileURL(join(next, 'scripts', 'write-verbs.js')).href);
declareStepContract();
writeFileSync(join(next, BUILT_STAMP), '');
// The time the build began: what was edited meanwhile is newer and makes the next command build again.
utimesSync(join(next, BUILT_STAMP), started, started);
swapIn();
process.stderr.write(`built dist/ in ${((Date.now() - started.getTime()) / 1000).toFixed(1)} s\n`);

async function bundle() {
  const [{ build }, { default: config }] = await Promise.all([import('rolldown'), import('../rolldown.config.mjs')]);
  await build({ ...config, output: { ...config.output, dir: next }, logLevel: 'warn' });
}

/** Custom steps are written against these; `npm run types` is what checks the code. */
function declareStepContract() {
  const options = ['--declaration', '--emitDeclarationOnly', '--noCheck', '--noEmit', 'false', '--ignoreConfig'];
  const language = [
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--rewriteRelativeImportExtensions',
  ];
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, 'src/step/index.ts', '--rootDir', '.', '--outDir', join(next, 'types'), ...options, ...language];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('tsc could not write the declarations of src/step/index.ts');
}

/** Another build may do the same at this moment: then the later one wins, and both end well. */
function swapIn() {
  for (let turn = 0; turn < 20; turn += 1) {
    const old = `${next}-old-${turn}`;
    renameIf('ENOENT', dist, old);
    const done = renameIf('ENOTEMPTY', next, dist);
    rmSync(old, { recursive: true, force: true });
    if (done) return;
  }
  throw new Error('other builds keep replacing dist/');
}

/** False when renaming failed in the way that is expected. */
function renameIf(expected, from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error.code !== expected) throw error;
    return false;
  }
}
