import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { findPlaybook } from '../../../src/playbook/catalogue.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { testRegistry } from './steps.ts';

const MiB = 1024 * 1024;
/** Of processor time: other tests run at the same time. */
const limitMs = 2000;

const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'
  .split('')
  .map((name, at) => `${name}: &${name} [${`*${'abcdefgh'[at]}, `.repeat(9)}]`)
  .join('\n')}\n`;

const header = `apiVersion: pgdba/v1
kind: Playbook
name: hostile
version: "1.0.0"
summary: Hostile.
risk: safe
tasks:
`;
const made = 'uses: test.ensure@1, with: { member: a, name: x }';
const when = (text: string) => `${header}  - { id: a, ${made}, when: ${JSON.stringify(text)} }\n`;
const named = (text: string) =>
  `${header}  - { id: a, uses: test.ensure@1, with: { member: a, name: ${JSON.stringify(text)} } }\n`;

const hostile: readonly (readonly [what: string, text: () => string, says: RegExp])[] = [
  ['100,000 open lists', () => '['.repeat(100_000), /nested more than 64 deep/],
  ['100,000 open maps', () => '{'.repeat(100_000), /nested more than 64 deep/],
  ['100,000 maps as keys', () => '{a: '.repeat(100_000), /nested more than 64 deep/],
  ['100,000 compact lists', () => '- '.repeat(100_000), /nested more than 64 deep/],
  ['100,000 compact keys', () => '? '.repeat(100_000), /nested more than 64 deep/],
  [
    '1,200 levels of indentation',
    () => Array.from({ length: 1200 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    /nested/,
  ],
  ['an alias bomb', () => bomb, /more than 100 aliases/],
  ['a value that contains itself', () => 'a: &a [*a]\n', /alias of itself/],
  ['50 MB', () => 'a'.repeat(50 * MiB), /larger than 1 MiB/],
  ['a NUL', () => 'apiVersion: pgdba/v1\nname: a\0b\n', /control character U\+0000/],
  ['an escape character', () => 'name: \u001b[2J\n', /control character U\+001B/],
  ['a carriage return inside a line', () => 'name: a\rb\n', /control character U\+000D/],
  ['130,000 keys', () => Array.from({ length: 130_000 }, (_, at) => `a${at}:`).join('\n'), /YAML tokens|larger/],
  ['300,000 empty items', () => '- \n'.repeat(300_000), /YAML tokens/],
  ['a million commas', () => `[${','.repeat(MiB - 1)}`, /YAML tokens/],
  ['300,000 anchors on nothing', () => '&a '.repeat(300_000), /YAML tokens/],
  ['a quarter of a million bad escapes', () => `"${'\\x'.repeat(MiB / 2 - 1)}"`, /more than 10000 escapes/],
  ['half a million lines of one scalar', () => 'a\n'.repeat(MiB / 2), /a playbook is a map/],
  ['a megabyte of blanks', () => ' '.repeat(MiB), /the file is empty/],
  ['250,000 documents', () => '---\n'.repeat(250_000), /YAML tokens/],
  ['duplicate keys', () => 'kind: Playbook\nkind: Playbook\n', /given twice/],
  ['a __proto__ key', () => 'kind: Playbook\n__proto__: { polluted: true }\n', /may not be called __proto__/],
  ['a constructor key', () => 'inputs: { constructor: { type: string } }\n', /may not be called constructor/],
  ['a key that is a list', () => '? [a, b]\n: c\n', /a key must be text/],
  ['a number as key', () => '1: c\n', /a key must be text/],
  ['a merge key', () => 'a: &a { b: c }\nd:\n  <<: *a\n', /merge keys/],
  ['100,000 parentheses', () => when('('.repeat(100_000)), /longer than 4000 characters/],
  ['an expression of a megabyte', () => named(`\${{ ${'1 + '.repeat(200_000)}1 }}`), /longer than 4000 characters/],
  ['100,000 templates that do not close', () => named('${{ '.repeat(100_000)), /not closed/],
  ['an infinite number', () => 'timeout: .inf\n', /cannot be kept exactly/],
  ['a NUL in the path of a child', () => `${header}  - { id: a, uses: "playbook:./a\\0.yaml" }\n`, /is not a step/],
  ['3,900 parentheses', () => when('('.repeat(3900)), /parenthes|nested|depth/i],
  ['2,000 negations', () => when(`${'!'.repeat(2000)}true`), /maxAstNodes/],
  ['900 operators', () => when(`1${' + 1'.repeat(900)} > 0`), /maxAstNodes/],
  ['150,000 expressions in one text', () => named('${{1}}'.repeat(150_000)), /more than 100 expressions/],
  [
    '12,000 expressions in a list',
    () => `${header}  - { id: a, ${made} }\noutputs:\n  a: [${'"${{1}}",'.repeat(12_000)}]\n`,
    /more than 5000 expressions/,
  ],
  ['10,000 branches', () => `${header}  - parallel: { id: b, branches: [${'[], '.repeat(10_000)}] }\n`, /no task/],
  ['1,000 tasks of one name', () => `${header}${`  - { id: a, ${made} }\n`.repeat(1000)}`, /two tasks are called a/],
];

describe('a hostile file', () => {
  it.each(hostile)('%s is refused, soon', async (_, text, says) => {
    const content = text();
    const began = process.cpuUsage();
    const error = await loadPlaybook(content, 'hostile.yaml', testRegistry()).catch((thrown: unknown) => thrown);
    const { user, system } = process.cpuUsage(began);
    expect(error).toBeInstanceOf(PgdbaError);
    expect((error as PgdbaError).message).toMatch(says);
    expect((error as PgdbaError).facts).toMatchObject({ line: expect.any(Number), col: expect.any(Number) });
    expect((user + system) / 1000).toBeLessThan(limitMs);
  });

  it('of 50 MB is not even read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgdba-playbook-'));
    try {
      const file = join(folder, 'large.yaml');
      writeFileSync(file, Buffer.alloc(50 * MiB, 'a'));
      await expect(findPlaybook(file)).rejects.toMatchObject({ code: 'YAML_INVALID' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
