import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let found: string | undefined;

/** The folder of pgdba's package.json, from src/ as from dist/: playbooks, schemas and deployments lie beside it. */
export function packageRoot(): string {
  found ??= search(import.meta.dirname);
  return found;
}

function search(folder: string): string {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest) && nameIn(manifest) === 'pgdba') return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('pgdba cannot find its own package.json');
  return search(parent);
}

function nameIn(manifest: string): unknown {
  const content: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  return content !== null && typeof content === 'object' && 'name' in content ? content.name : undefined;
}
