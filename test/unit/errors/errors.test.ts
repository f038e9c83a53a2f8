import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codes } from '../../../src/errors/codes.ts';
import { asPgdbaError, PgdbaError } from '../../../src/errors/pgdba-error.ts';

const root = new URL('../../..', import.meta.url).pathname;

describe('an error', () => {
  it('makes its sentence from the catalogue and its facts', () => {
    const error = new PgdbaError('CLUSTER_UNKNOWN', { facts: { cluster: 'demo' }, hint: 'look' });
    expect(error.toData()).toEqual({
      code: 'CLUSTER_UNKNOWN',
      class: 'usage',
      error: 'there is no cluster "demo"',
      facts: { cluster: 'demo' },
      hint: 'look',
    });
  });

  it('calls a full disk a full disk, whoever met it', () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', path: '/data' });
    expect(asPgdbaError(full)).toMatchObject({ code: 'DISK_FULL', facts: { path: '/data' } });
  });

  it('calls everything unexpected our own defect, and keeps the cause', () => {
    const cause = new TypeError('x is not a function');
    expect(asPgdbaError(cause)).toMatchObject({ code: 'BUG', class: 'bug', cause });
  });
});

describe('the catalogue', () => {
  it('has one sentence without a full stop for each code', () => {
    const ill = Object.entries(codes).filter(([, { message }]) => /[.!]$|\n/.test(message));
    expect(ill).toEqual([]);
  });

  it('has no code that nobody uses', () => {
    const text = [...sources(join(root, 'src')), ...sources(join(root, 'steps'))]
      .filter((file) => !file.endsWith('errors/codes.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    expect(Object.keys(codes).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}
