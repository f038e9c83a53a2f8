import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';
import { BareStage } from './bare-stage.ts';

let home: ScratchHome;
let stage: BareStage;
beforeEach(async () => {
  home = await scratchHome();
  stage = new BareStage(home.path);
});
afterEach(() => home.remove());

const satisfied = (step: { check(): Promise<{ is: string }> }) =>
  until('the wait to end', async () => {
    const answer = await step.check();
    return answer.is === 'satisfied' ? answer : null;
  });

describe('wait', () => {
  it('waits for a time, counted from its first look', async () => {
    const step = await stage.step('wait@1', { for: 400 });
    const began = performance.now();
    expect(await step.check()).toEqual({ is: 'pending', why: '1s left' });
    expect(await satisfied(step)).toMatchObject({ result: { waited_ms: expect.any(Number) } });
    expect(performance.now() - began).toBeGreaterThanOrEqual(399);
  });

  it('waits until a moment of the wall clock, and not for one that is past', async () => {
    const step = await stage.step('wait@1', { until: new Date(Date.now() + 400).toISOString() });
    const began = performance.now();
    await satisfied(step);
    expect(performance.now() - began).toBeGreaterThanOrEqual(390);
    const past = await stage.step('wait@1', { until: '2020-01-01T00:00:00Z' }, { task: 'past' });
    expect(await past.check()).toEqual({ is: 'satisfied', result: { waited_ms: 0 } });
  });

  it('does not sleep in a check, so that a plan can say what it would wait for', async () => {
    const step = await stage.step('wait@1', { for: 3_600_000 });
    expect(await step.check()).toEqual({ is: 'pending', why: '1h left' });
  });

  it('is cancelled at once', async () => {
    const cancel = new AbortController();
    const step = await stage.step('wait@1', { for: 200 }, { signal: cancel.signal });
    const waiting = step.check();
    cancel.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow();
  });

  it.each([{}, { for: 1, until: '2020-01-01T00:00:00Z' }])('takes exactly one of for and until %#', async (params) => {
    const step = await stage.step('wait@1', params);
    await expect(step.check()).rejects.toMatchObject({ code: 'PARAMS_INVALID' });
  });
});
