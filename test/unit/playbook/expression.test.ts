import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { compileExpression } from '../../../src/playbook/expression.ts';
import { exampleScope } from './example.ts';

const scope = {
  ...exampleScope,
  inputs: { max_lag: 1024, ratio: 0.5, count: 3, name: 'x', list: [3, 1, 2], mode: null },
  at: { a: '0/3000060', b: '0/3000000', far: 'FFFFFFFF/FFFFFFFF' },
};

const evaluate = (text: string, over: Record<string, unknown> = scope) => compileExpression(text).evaluate(over);

function failure(text: string, over: Record<string, unknown> = scope): PgdbaError {
  try {
    evaluate(text, over);
  } catch (thrown) {
    if (thrown instanceof PgdbaError) return thrown;
    throw thrown;
  }
  throw new Error(`${text} did not fail`);
}

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['tasks.choose.out.lag <= inputs.max_lag', true],
    ['inputs.count - 1', 2],
    ['inputs.count + inputs.ratio', 3.5],
    ['inputs.ratio * 2', 1],
    ['inputs.count > inputs.ratio', true],
    ['inputs.count / 2', 1],
    ['double(inputs.count) / 2', 1.5],
    ['inputs.count == 3.0', true],
    ['size(inputs.list)', 3],
    ['inputs.list.map(n, n * 2)', [6, 2, 4]],
    ['inputs.list.filter(n, n > 1)', [3, 2]],
    ['inputs.list.exists(n, n == 2)', true],
    ['3 in inputs.list', true],
    ['"rack" in tasks.topology.out.labels', true],
    ['tasks.topology.out.members.filter(m, m.lag != null).map(m, m.name).join(",")', 'a,b'],
    ['tasks.topology.out.members[1]', { name: 'b', role: 'replica', lag: 512 }],
    ['{"a": [1, "x", 2.5, null], "b": inputs.name}', { a: [1, 'x', 2.5, null], b: 'x' }],
    ['inputs.mode', null],
    ['inputs.?missing', undefined],
    ['inputs.?missing.orValue("default")', 'default'],
    ['[inputs.?missing]', [null]],
    ['{"a": inputs.?missing}', {}],
    ['has(inputs.missing)', false],
    ['bytes("1MiB")', 1_048_576],
    ['ms("90s")', 90_000],
    ['lsn_diff(at.a, at.b)', 96],
    ['lsn_diff(at.far, at.b) > 9007199254740991', true],
    ['string(inputs.count) + "/" + target.name', '3/demo'],
    ['target.name.startsWith("de") ? "yes" : "no"', 'yes'],
    ['tasks.choose.status == "ok" && !tasks.choose.changed', true],
    ['tasks.never_ran.changed', false],
    ['has(tasks.never_ran.out)', false],
    ['-inputs.count', -3],
  ])('%s', (text, value) => {
    expect(evaluate(text)).toEqual(value);
  });

  it.each<[string, RegExp]>([
    ['tasks.choose.out.leader', /tasks\.choose\.out\.leader is missing/],
    ['tasks.move.out.leader', /tasks\.move\.out is missing: task move has no result/],
    ['inputs.list[7]', /index 7/],
    ['nothing.at.all', /there is no nothing here/],
    ['inputs.name + 1', /\+ does not work on/],
    ['inputs.count / 0', /division by zero/],
    ['9007199254740991 + 1', /too large to be an exact number/],
    ['lsn_diff(at.far, at.b)', /too large to be an exact number/],
    ['ms("soon")', /"soon" is not a duration/],
    ['bytes(inputs.name)', /not a number of bytes/],
    ['b"raw"', /neither text/],
    ['timestamp("2026-11-20T00:00:00Z")', /neither text/],
    ['type(1)', /neither text/],
    ['1.0 / 0.0', /Infinity/],
    ['inputs.constructor', /inputs\.constructor is missing/],
    ['inputs.__proto__', /inputs\.__proto__ is missing/],
  ])('%s fails and says why', (text, says) => {
    const error = failure(text);
    expect(error.code).toBe('EXPRESSION_FAILED');
    expect(error.facts['expression']).toBe(text);
    expect(error.message).toMatch(says);
  });

  it('names the task whose result is not there', () => {
    expect(failure('tasks.move.out.leader').facts['task']).toBe('move');
    expect(failure('tasks.choose.out.leader').facts['task']).toBeUndefined();
  });

  it('refuses a number that is not exact', () => {
    expect(failure('big > 1', { big: 2 ** 53 }).message).toMatch(/too large to be an exact number; pass it as text/);
  });

  it('converts only what it reads', () => {
    expect(evaluate('inputs.ok', { inputs: { ok: 1, unsafe: 2 ** 60 } })).toBe(1);
  });

  it.each([
    ['!'.repeat(3900)],
    ['('.repeat(3900)],
    [`1${' + 1'.repeat(900)}`],
    ['[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]'],
    ['a'.repeat(4001)],
  ])('that is too large is refused: %#', (text) => expect(() => compileExpression(text)).toThrow(PgdbaError));

  it('that loops inside a loop refuses long lists', () => {
    const long = Array.from({ length: 3000 }, (_, at) => at);
    const started = performance.now();
    expect(failure('long.all(a, long.all(b, a + b >= 0))', { long }).message).toMatch(/3000 items is too long/);
    expect(evaluate('long.all(a, a >= 0)', { long })).toBe(true);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('gives a value or EXPRESSION_FAILED, whatever its text', { timeout: 120_000 }, () => {
    const piece = fc.constantFrom(
      ...[
        'inputs',
        '.count',
        '.list',
        '.name',
        '.?x',
        '[0]',
        '["a"]',
        'tasks.choose.out',
        'null',
        '1',
        '2.5',
        '"s"',
        "'",
        'true',
        ' ',
        '1u',
        'b"x"',
      ],
      ...[
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        ',',
        ':',
        ' ? ',
        ' + ',
        ' / ',
        ' % ',
        ' == ',
        ' < ',
        ' in ',
        ' && ',
        '!',
        '-',
        'has(',
        'size(',
        'n',
        '\\',
      ],
      ...[
        '.map(n, ',
        '.filter(n, ',
        '.exists(n, ',
        'bytes(',
        'ms(',
        'string(',
        'timestamp(',
        'duration(',
        'optional.of(',
        'cel.bind(n, ',
        '.orValue(',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        try {
          JSON.stringify(evaluate(pieces.join('')));
        } catch (thrown) {
          if (!(thrown instanceof PgdbaError) || thrown.code !== 'EXPRESSION_FAILED') throw thrown;
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
