import { describe, expect, it } from 'vitest';
import { bindParams, evaluateExpressions, expressionPlaces, validateResult } from '../../../src/playbook/params.ts';
import { exampleScope } from './example.ts';
import { steps } from './steps.ts';

const base = { member: 'a', name: 'x' };

describe('binding the parameters of a step', () => {
  it('reads every format and keeps values that were read before', async () => {
    const written = {
      ...base,
      size: '1MiB',
      within: '90s',
      until: '2026-11-20T03:00:00+01:00',
      after: '0/b374d848',
      password: 'file:/run/secret',
    };
    expect(await bindParams(steps.ensure, written)).toEqual({
      ...base,
      size: 1_048_576,
      within: 90_000,
      until: '2026-11-20T02:00:00.000Z',
      after: '0/B374D848',
      password: 'file:/run/secret',
    });
    expect(await bindParams(steps.ensure, { ...base, size: 7, within: 5 })).toEqual({ ...base, size: 7, within: 5 });
  });

  it('reads formats inside the variant of a union that the value looks like', async () => {
    const bound = await bindParams(steps.ensure, { ...base, source: { path: '/tmp', limit: '1KiB' } });
    expect(bound).toMatchObject({ source: { path: '/tmp', limit: 1024 } });
    expect(await bindParams(steps.ensure, { ...base, source: '1KiB' })).toMatchObject({ source: '1KiB' });
  });

  it.each<[Record<string, unknown>, string, RegExp]>([
    [{ ...base, size: 'many' }, 'size', /"many" is not a number of bytes/],
    [{ ...base, count: 0 }, 'count', /must be >= 1/],
    [{ ...base, mode: 'medium' }, 'mode', /must be fast or slow/],
    [{ ...base, tags: ['a', 3] }, 'tags.1', /must be text/],
    [{ member: 'a' }, '', /name is missing/],
    [{ ...base, source: { path: '/tmp' } }, 'source', /must be text or a map/],
  ])('%j is refused', async (written, param, says) => {
    const error = bindParams(steps.ensure, written);
    await expect(error).rejects.toMatchObject({ code: 'PARAMS_INVALID', facts: { param, step: 'test.ensure@1' } });
    await expect(error).rejects.toThrow(says);
  });

  it('refuses a secret that is no reference, without repeating it', async () => {
    const error = await bindParams(steps.ensure, { ...base, password: 'hunter2-hunter2' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'PARAMS_INVALID', facts: { param: 'password' } });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });
});

describe('the expression places of a step', () => {
  const that = [
    { expr: '!tasks.topology.out.paused', fail: 'paused' },
    { expr: 'tasks.choose.out.lag > 1000', fail: 'lags' },
  ];

  it('stay text until they are evaluated', async () => {
    const bound = await bindParams(steps.assert, { that });
    expect(bound).toEqual({ that });
    expect(expressionPlaces(steps.assert, bound)).toEqual([
      { path: 'that[0].expr', text: '!tasks.topology.out.paused' },
      { path: 'that[1].expr', text: 'tasks.choose.out.lag > 1000' },
    ]);
    expect(await evaluateExpressions(steps.assert, bound, exampleScope)).toEqual({
      that: [
        { expr: true, fail: 'paused' },
        { expr: false, fail: 'lags' },
      ],
    });
  });

  it('fail with the text of the expression', async () => {
    const params = { that: [{ expr: 'tasks.move.out.leader == "b"', fail: 'x' }] };
    await expect(evaluateExpressions(steps.assert, params, exampleScope)).rejects.toMatchObject({
      code: 'EXPRESSION_FAILED',
      facts: { expression: 'tasks.move.out.leader == "b"', task: 'move' },
    });
  });
});

describe('what a step answered', () => {
  it('is checked against its schema', async () => {
    await expect(validateResult(steps.move, 'result', { leader: 'b' })).resolves.toBeUndefined();
    await expect(validateResult(steps.move, 'memo', { at: '' })).resolves.toBeUndefined();
    await expect(validateResult(steps.move, 'receipt', { status: 'ok' })).rejects.toThrow(
      'step test.move@1 gave a receipt that does not fit its schema: receipt.status must be an integer',
    );
  });
});
