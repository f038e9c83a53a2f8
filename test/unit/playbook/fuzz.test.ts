import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { example } from './example.ts';
import { testRegistry } from './steps.ts';

const cases = Number(process.env['PGDBA_TEST_LONG'] === '1' ? 100_000 : 10_000);
const registry = testRegistry();

/** Pieces that mean something to YAML, CEL or the grammar: random bytes alone never get past the first line. */
const fragment = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    ': ',
    '- ',
    '? ',
    '\n',
    '\n  ',
    '\n    ',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!t ',
    '<<',
    '#',
    '---\n',
    '\t',
    ',',
    '%',
  ],
  ...[
    '${{',
    '}}',
    'tasks.',
    'inputs.',
    '.out',
    '.?',
    'has(',
    ')',
    ' + ',
    ' && ',
    '!',
    '.map(x, ',
    'size(',
    'null',
    '1',
    '1.5',
    '"a"',
    'bytes(',
  ],
  ...[
    'id: ',
    'uses: ',
    'with: ',
    'when: ',
    'for_each: ',
    'inputs: ',
    'tasks:\n',
    'parallel: ',
    'rollback: ',
    'probes: ',
    '__proto__: ',
    'test.ensure@1',
  ],
);

/** The example with pieces cut out, doubled and put in. */
const damaged = fc
  .array(fc.tuple(fc.nat(example.length), fc.nat(40), fc.oneof(fragment, fc.string({ maxLength: 6 }))), {
    minLength: 1,
    maxLength: 6,
  })
  .map((edits) =>
    edits.reduce((text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length), example),
  );

const anything = fc.oneof(
  { weight: 6, arbitrary: damaged },
  { weight: 2, arbitrary: fc.array(fragment, { maxLength: 60 }).map((pieces) => pieces.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
);

it(`any of ${cases} texts gives a playbook or a PgdbaError, within 2 s`, { timeout: 900_000 }, async () => {
  let slowest = 0;
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      const started = performance.now();
      try {
        await loadPlaybook(text, 'fuzz.yaml', registry);
      } catch (thrown) {
        if (!(thrown instanceof PgdbaError) || thrown.code === 'BUG') throw thrown;
      }
      slowest = Math.max(slowest, performance.now() - started);
    }),
    { numRuns: cases },
  );
  expect(slowest).toBeLessThan(2000);
});
