// Bundles pgdba: three kinds of entries, every dynamic import() a chunk of its own, dependencies inside.
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { defineConfig } from 'rolldown';

const root = import.meta.dirname;

export default defineConfig({
  cwd: root,
  input: entries(),
  platform: 'node',
  // pg asks for pg-native only when somebody wants it; nobody here does.
  external: ['pg-native'],
  treeshake: true,
  output: {
    dir: 'dist',
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: chunkName,
  },
});

/** Named by path, so that dist/ mirrors the tree: `src/main` becomes dist/src/main.js. */
function entries() {
  const programs = ['src/main.ts', 'src/guard/main.ts', 'src/step/index.ts'].filter((file) =>
    existsSync(join(root, file)),
  );
  const generators = readdirSync(join(root, 'scripts'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `scripts/${name}`);
  return Object.fromEntries([...programs, ...generators].map((file) => [file.replace(/\.ts$/, ''), join(root, file)]));
}

/** A step is found in dist where its source is in the tree; shared code and libraries lie in chunks/. */
function chunkName({ facadeModuleId }) {
  const path = facadeModuleId ? relative(root, facadeModuleId) : '..';
  const ours = !path.startsWith('..') && !path.startsWith(`node_modules${sep}`);
  return ours ? `${path.replace(/\.ts$/, '')}.js` : 'chunks/[name].js';
}
