import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { sourceFiles } from './read-imports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CODE = ['src', 'steps', 'test', 'scripts', 'bench', 'bin', 'playbooks', 'deployments'];

// Spelt so that this file does not match itself.
const UNFINISHED = /\b(?:TO(?:DO)|FIX(?:ME))\b/;
const LEFT_OUT = /\b(?:describe|it|test|suite)(?:\.\w+)*\.(?:only|skip|todo)\b/;
const VAGUE = /^(?:utils?|common|helpers?|types|interfaces?)\.(?:[cm]?[jt]s)$/;

describe('the house', () => {
  it('has no file named after nothing in particular', () => {
    expect(vagueNames(root)).toEqual([]);
  });

  it('has no unfinished business', () => {
    expect(linesMatching(root, CODE, UNFINISHED)).toEqual([]);
  });

  it('leaves no test out', () => {
    expect(linesMatching(root, ['test'], LEFT_OUT)).toEqual([]);
  });
});

describe('the house rules', () => {
  const worlds: string[] = [];
  afterEach(() => {
    for (const world of worlds.splice(0)) rmSync(world, { recursive: true });
  });

  function tree(files: Record<string, string>): string {
    const world = mkdtempSync(join(tmpdir(), 'pgdba-house-'));
    worlds.push(world);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(world, path)), { recursive: true });
      writeFileSync(join(world, path), text);
    }
    return world;
  }

  it('catch vague names', () => {
    const world = tree({ 'src/engine/utils.ts': '', 'test/unit/helpers.ts': '', 'src/engine/backoff.ts': '' });
    expect(vagueNames(world)).toEqual(['src/engine/utils.ts', 'test/unit/helpers.ts']);
  });

  it('catch unfinished business', () => {
    const world = tree({ 'src/engine/a.ts': `\n// ${['TO', 'DO'].join('')}: later` });
    expect(linesMatching(world, CODE, UNFINISHED)).toEqual(['src/engine/a.ts:2']);
  });

  it.each([
    ['it', 'only'],
    ['describe', 'skip'],
    ['it', 'each', 'todo'],
  ])('catch a test left out by %s.%s', (...words) => {
    const world = tree({ 'test/unit/a.test.ts': `${words.join('.')}('x', () => {});` });
    expect(linesMatching(world, ['test'], LEFT_OUT)).toEqual(['test/unit/a.test.ts:1']);
  });
});

function vagueNames(from: string): string[] {
  return sourceFiles(from, CODE, '').filter((file) => VAGUE.test(basename(file)));
}

/** `path:line` of every line that matches. */
function linesMatching(from: string, folders: readonly string[], pattern: RegExp): string[] {
  return sourceFiles(from, folders, '').flatMap((file) =>
    readFileSync(join(from, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${file}:${at + 1}`] : [])),
  );
}
