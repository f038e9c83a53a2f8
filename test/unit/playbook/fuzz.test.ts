import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { compileExpression } from '../../../src/playbook/expression.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { readFrom } from '../../../src/playbook/read-playbook.ts';
import { control } from './control-example.ts';
import { example, exampleScope } from './example.ts';
import { pieces } from './fuzz-pieces.ts';
import { testRegistry } from './steps.ts';

/** The same cases at every run of `npm test`; many more, and new ones each time, in `npm run test:long`. */
const long = process.env['PGDBA_TEST_LONG'] === '1';
const runs = { numRuns: long ? 50_000 : 2000, ...(long ? {} : { seed: 20_261_120 }) };
/** Each of these loads a whole playbook. */
const conditions = { ...runs, numRuns: runs.numRuns / 4 };
const longestMs = 2000;
const registry = testRegistry();
const read = readFrom([
  { file: 'child.yaml', source: example },
  { file: 'fuzz.yaml', source: control },
]);

const fragment = fc.constantFrom(...pieces);

/** A playbook with pieces cut out, doubled and put in. */
const damaged = (whole: string) =>
  fc
    .array(
      fc.tuple(fc.nat(whole.length), fc.oneof(fc.nat(1), fc.nat(40)), fc.oneof(fragment, fc.string({ maxLength: 6 }))),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((edits) =>
      edits.reduce((text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length), whole),
    );

const anything = fc.oneof(
  { weight: 4, arbitrary: damaged(example) },
  { weight: 4, arbitrary: damaged(control) },
  { weight: 2, arbitrary: fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
);

it(`any of ${runs.numRuns} texts gives a playbook, or a refusal with its place, within 2 s`, {
  timeout: 1_800_000,
}, async () => {
  const seen = { loaded: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      const refusal = await within(longestMs, () => refusalOf(() => loadPlaybook(text, 'fuzz.yaml', registry, read)));
      seen[refusal ? 'refused' : 'loaded'] += 1;
      if (refusal) expect(refusal).toMatchObject({ facts: { file: 'fuzz.yaml', line: isPlace, col: isPlace } });
    }),
    runs,
  );
  // Neither a fuzz that never gets past the first line nor one that damages nothing proves anything.
  expect(Math.min(seen.loaded, seen.refused)).toBeGreaterThan(runs.numRuns / 100);
});

const expression = fc.oneof(
  { weight: 4, arbitrary: fc.array(fragment, { maxLength: 25 }).map((parts) => parts.join('')) },
  { weight: 4, arbitrary: fc.letrec(grown).expression },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
);

it(`any of ${runs.numRuns} expressions gives JSON, or a refusal, within 2 s`, { timeout: 1_800_000 }, async () => {
  const seen = { given: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(expression, async (text) => {
      const refusal = await within(longestMs, () =>
        refusalOf(() => {
          const value = compileExpression(text).evaluate(exampleScope);
          expect(JSON.parse(JSON.stringify({ value }))).toEqual(value === undefined ? {} : { value });
        }),
      );
      seen[refusal ? 'refused' : 'given'] += 1;
      if (refusal) expect(refusal.code).toBe('EXPRESSION_FAILED');
    }),
    runs,
  );
  expect(Math.min(seen.given, seen.refused)).toBeGreaterThan(runs.numRuns / 100);
});

it(`any of ${conditions.numRuns} conditions is refused where it stands, or may fail when it is evaluated`, {
  timeout: 1_800_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(expression, async (when) => {
      const text = example.replace(/when: .*/, `when: ${JSON.stringify(when)}`);
      const refusal = await within(longestMs, () => refusalOf(() => loadPlaybook(text, 'fuzz.yaml', registry, read)));
      if (refusal) expect(refusal).toMatchObject({ facts: { line: isPlace, col: isPlace } });
    }),
    conditions,
  );
});

const isPlace = expect.toSatisfy((value: unknown) => Number.isInteger(value) && Number(value) >= 1);

/** Expressions that are whole more often than not. */
function grown(tie: fc.LetrecTypedTie<{ expression: string; leaf: string }>) {
  const inner = tie('expression');
  const operator = fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||', 'in');
  return {
    leaf: fc.constantFrom(
      ...[
        '1',
        '0',
        '-1',
        '1.5',
        '9007199254740993',
        '9223372036854775807',
        '1e308',
        '"a"',
        "'é'",
        'true',
        'null',
        '[]',
      ],
      ...[
        'inputs.max_lag',
        'inputs.?none',
        'tasks.topology.out',
        'tasks.topology.out.members',
        'tasks.none.out',
        'run',
      ],
      ...['target.members', 'tasks.topology.out.load', 'bytes("1MiB")', 'ms("5s")', 'lsn_diff("0/1", "0/2")', 'x', 'm'],
    ),
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      tie('leaf'),
      fc.tuple(inner, operator, inner).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
      fc.tuple(inner, inner, inner).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
      fc.array(inner, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc.tuple(inner, inner).map(([key, value]) => `{"k": ${key}, ${value}: 1}`),
      fc
        .tuple(inner, fc.constantFrom('map', 'filter', 'all', 'exists'), inner)
        .map(([of, loop, body]) => `${of}.${loop}(m, ${body})`),
      fc
        .tuple(fc.constantFrom('size', 'string', 'int', 'double', '!', '-', 'has', 'bytes', 'ms', 'type'), inner)
        .map(([f, of]) => `${f}(${of})`),
      fc
        .tuple(
          inner,
          fc.constantFrom('.name', '.?name', '[0]', '["a"]', '[?9]', '.orValue(1)', '.split("")', '.matches("a")'),
        )
        .map((parts) => parts.join('')),
    ),
  };
}

/** The refusal, or undefined; anything else that is thrown fails the test. */
async function refusalOf(work: () => unknown): Promise<PgdbaError | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof PgdbaError && thrown.code !== 'BUG') return thrown;
    throw thrown;
  }
}

/** Of processor time: other tests run at the same time. */
async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const began = process.cpuUsage();
  const answer = await work();
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1000).toBeLessThan(ms);
  return answer;
}
