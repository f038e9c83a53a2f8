import { describe, expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { bindInputs } from '../../../src/playbook/bind-inputs.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { testRegistry } from './steps.ts';

const { name, inputs } = await loadPlaybook(
  `apiVersion: pgdba/v1
kind: Playbook
name: inputs
version: "1.0.0"
summary: Inputs of every kind.
risk: read-only
inputs:
  lag: { type: string, format: bytes, default: 1MiB, maximum: 1073741824 }
  pause: { type: string, format: duration, optional: true }
  at: { type: string, format: timestamp, optional: true }
  lsn: { type: string, format: lsn, optional: true }
  password: { type: string, format: secret, optional: true }
  count: { type: integer, minimum: 1, maximum: 9, default: 3 }
  ratio: { type: number, optional: true }
  force: { type: boolean, default: false }
  mode: { type: string, enum: [fast, slow], optional: true }
  tag: { type: string, pattern: "^[a-z]+$", optional: true }
  hosts: { type: array, items: { type: string }, optional: true }
  sizes: { type: array, items: { type: string, format: bytes }, optional: true }
  owner: { type: string, description: Who owns it. }
tasks:
  - { id: look, uses: test.read-topology@1 }
`,
  'inputs.yaml',
  testRegistry(),
);

function bind(given: Record<string, unknown>) {
  const all = { owner: 'me', ...given };
  return bindInputs(
    { name, inputs },
    new Map(Object.entries(all).map(([key, value]) => [key, { value, origin: `--${key}` }])),
  );
}

function failure(given: Record<string, unknown>): PgdbaError {
  try {
    bind(given);
  } catch (thrown) {
    if (thrown instanceof PgdbaError) return thrown;
    throw thrown;
  }
  throw new Error('the inputs were accepted');
}

describe('binding inputs', () => {
  it('fills in defaults, leaves out optional ones, and freezes', () => {
    const bound = bind({});
    expect(bound).toEqual({ lag: 1_048_576, count: 3, force: false, owner: 'me' });
    expect(Object.isFrozen(bound)).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['lag', '2MiB', 2_097_152],
    ['lag', 4096, 4096],
    ['pause', '1m30s', 90_000],
    ['pause', '0', 0],
    ['at', '2026-11-20T03:00:00+01:00', '2026-11-20T02:00:00.000Z'],
    ['lsn', '0/b374d848', '0/B374D848'],
    ['password', 'env:PGDBA_TEST', 'env:PGDBA_TEST'],
    ['count', '5', 5],
    ['count', 5, 5],
    ['ratio', '0.25', 0.25],
    ['ratio', '-1e3', -1000],
    ['force', 'true', true],
    ['force', true, true],
    ['mode', 'fast', 'fast'],
    ['hosts', 'a,b , c', ['a', 'b', 'c']],
    ['hosts', ['a', 'b,c'], ['a', 'b', 'c']],
    ['hosts', '["a,b","c"]', ['a,b', 'c']],
    ['hosts', '', []],
    ['sizes', '1KiB,2KiB', [1024, 2048]],
  ])('%s given as %j', (input, value, bound) => {
    expect(bind({ [input]: value })[input]).toEqual(bound);
  });

  it.each<[string, unknown, RegExp]>([
    ['lag', 'lots', /"lots" is not a number of bytes/],
    ['lag', '2GiB', /2147483648 is above 1073741824/],
    ['pause', '90', /not a duration/],
    ['pause', 90, /not a duration/],
    ['at', '2026-11-20 02:00:00', /not a timestamp with a time zone/],
    ['count', '1.5', /not a whole number/],
    ['count', '0', /0 is below 1/],
    ['count', 'three', /"three" is not a whole number/],
    ['count', '9007199254740993', /too large to be exact/],
    ['force', 'yes', /neither true nor false/],
    ['mode', 'fats', /not one of fast, slow/],
    ['tag', 'A1', /does not match/],
    ['hosts', 3, /must be a list/],
    ['hosts', '["a"', /not a JSON list/],
    ['sizes', '1KiB,x', /not a number of bytes/],
    ['owner', { a: 1 }, /is not text/],
  ])('%s given as %j is refused with its origin', (input, value, says) => {
    const error = failure({ [input]: value });
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message).toMatch(says);
    expect(error.message).toContain(`(--${input})`);
  });

  it('never repeats what was given for a secret', () => {
    const error = failure({ password: 'hunter2-hunter2' });
    expect(JSON.stringify(error.toData())).not.toContain('hunter2');
    expect(error.hint).toContain('env:NAME');
  });

  it('suggests the nearest value and the nearest name', () => {
    expect(failure({ mode: 'fats' }).hint).toBe('did you mean fast?');
    expect(failure({ ownr: 'x' })).toMatchObject({ code: 'INPUT_INVALID', hint: 'did you mean owner?' });
  });

  it('says how to give an input that is missing', () => {
    const error = failure({ owner: undefined, count: '3' });
    expect(error.code).toBe('INPUT_INVALID');
    expect(() => bindInputs({ name, inputs }, new Map())).toThrow('input owner is required');
  });

  it('reports everything at once', () => {
    expect(failure({ count: 'x', mode: 'y', nope: 1 }).facts['more']).toHaveLength(2);
  });
});
