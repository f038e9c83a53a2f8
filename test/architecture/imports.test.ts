import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ALLOWED, FOUNDATIONS, PACKAGES } from './import-table.ts';
import { type Arrow, arrowsOf, sourceFiles } from './read-imports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('imports of src/ and steps/', () => {
  const arrows = allArrows(root);

  it('point only where the table allows', () => {
    expect(arrows.length).toBeGreaterThan(0);
    expect(forbidden(arrows)).toEqual([]);
  });

  it('form no cycle', () => {
    expect(cycle(arrows)).toBeUndefined();
  });

  it('take npm packages only in the folders that own them', () => {
    expect(misplacedPackages(arrows)).toEqual([]);
  });
});

describe('the import rules', () => {
  const worlds: string[] = [];
  afterEach(() => {
    for (const world of worlds.splice(0)) rmSync(world, { recursive: true });
  });

  function tree(files: Record<string, string>): Arrow[] {
    const world = mkdtempSync(join(tmpdir(), 'pgdba-imports-'));
    worlds.push(world);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(world, path)), { recursive: true });
      writeFileSync(join(world, path), text);
    }
    return allArrows(world);
  }

  it.each([
    ['a static import', `import { drive } from '../engine/drive.ts';`],
    ['a bare import', `import '../engine/drive.ts';`],
    ['a re-export', `export * from '../engine/drive.ts';`],
    ['a dynamic import', `export const load = () => import('../engine/drive.ts');`],
    ['an import type', `import type { Run } from '../engine/drive.ts';`],
    ['a type in place', `export type Run = import('../engine/drive.ts').Run;`],
  ])('catch %s against the direction', (_kind, text) => {
    expect(forbidden(tree({ 'src/errors/codes.ts': text }))).toEqual(['src/errors/codes.ts → src/engine/drive.ts']);
  });

  it('do not read comments and strings as imports', () => {
    const text = `// import { drive } from '../engine/drive.ts';\nexport const text = "import('../engine/drive.ts')";`;
    expect(forbidden(tree({ 'src/errors/codes.ts': text }))).toEqual([]);
  });

  it('let types through where only types are allowed, and nothing else', () => {
    const arrows = tree({
      'src/step/look.ts': `import type { Rows } from '../clients/postgres.ts';`,
      'src/step/act.ts': `import { type Rows } from '../clients/postgres.ts';`,
    });
    expect(forbidden(arrows)).toEqual(['src/step/act.ts → src/clients/postgres.ts (only as import type)']);
  });

  it('catch a step that reaches past src/step', () => {
    const arrows = tree({ 'steps/host/say.ts': `import { connect } from '../../src/clients/postgres.ts';` });
    expect(forbidden(arrows)).toEqual(['steps/host/say.ts → src/clients/postgres.ts']);
  });

  it('catch a folder that the table does not know', () => {
    expect(forbidden(tree({ 'src/misc/a.ts': `import '../errors/codes.ts';` }))).toEqual([
      'src/misc/a.ts lies in no folder of the table',
    ]);
  });

  it('catch a cycle, also one of types', () => {
    const arrows = tree({
      'src/engine/a.ts': `import './b.ts';`,
      'src/engine/b.ts': `import type { C } from './c.ts';`,
      'src/engine/c.ts': `export const load = () => import('./a.ts');`,
    });
    expect(cycle(arrows)).toBe('src/engine/a.ts → src/engine/b.ts → src/engine/c.ts → src/engine/a.ts');
  });

  it('catch a package outside its folder, and one nobody listed', () => {
    const arrows = tree({
      'src/engine/a.ts': `import pg from 'pg';`,
      'src/cli/b.ts': `import leftPad from 'left-pad/deep.js';`,
      'src/clients/c.ts': `import { Client } from 'pg'; import { readFileSync } from 'node:fs';`,
    });
    expect(misplacedPackages(arrows)).toEqual([
      'src/cli/b.ts imports left-pad, which may be imported in: nowhere (not listed)',
      'src/engine/a.ts imports pg, which may be imported in: src/clients',
    ]);
  });
});

function allArrows(from: string): Arrow[] {
  return sourceFiles(from, ['src', 'steps']).flatMap((file) => arrowsOf(from, file));
}

function forbidden(arrows: readonly Arrow[]): string[] {
  return arrows.filter(isInside).flatMap(({ from, to, typeOnly }) => {
    const folder = folderOf(from);
    const allowed = ALLOWED[folder];
    if (!allowed) return [`${from} lies in no folder of the table`];
    const target = folderOf(to);
    if (target === folder || allowed.values.includes('*') || allowed.values.includes(target)) return [];
    if (FOUNDATIONS.includes(target) && !FOUNDATIONS.includes(folder)) return [];
    if (!allowed.types?.includes(target)) return [`${from} → ${to}`];
    return typeOnly ? [] : [`${from} → ${to} (only as import type)`];
  });
}

/** The first loop found, as `a → b → a`; undefined when there is none. */
function cycle(arrows: readonly Arrow[]): string | undefined {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows.filter(isInside)) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const path: string[] = [];

  function walk(file: string): string | undefined {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(' → ');
    if (done.has(file)) return undefined;
    path.push(file);
    for (const target of next.get(file) ?? []) {
      const found = walk(target);
      if (found) return found;
    }
    path.pop();
    done.add(file);
    return undefined;
  }

  for (const file of [...next.keys()].sort()) {
    const found = walk(file);
    if (found) return found;
  }
  return undefined;
}

function misplacedPackages(arrows: readonly Arrow[]): string[] {
  return arrows
    .filter(({ to }) => !to.startsWith('node:') && !builtinModules.includes(to))
    .filter((arrow) => !isInside(arrow))
    .map(({ from, to }) => ({ from, name: packageName(to) }))
    .filter(({ from, name }) => !PACKAGES[name]?.includes(folderOf(from)))
    .map(({ from, name }) => {
      const owners = PACKAGES[name]?.join(', ') ?? 'nowhere (not listed)';
      return `${from} imports ${name}, which may be imported in: ${owners}`;
    });
}

function isInside({ to }: Arrow): boolean {
  return to.startsWith('src/') || to.startsWith('steps/') || to.startsWith('..');
}

/** `src/engine/control/x.ts` → `src/engine`; `src/main.ts` stays; `steps/host/x.ts` → `steps`. */
function folderOf(file: string): string {
  const parts = file.split('/');
  return parts[0] === 'src' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
