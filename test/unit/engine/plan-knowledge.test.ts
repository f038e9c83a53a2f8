import { beforeEach, describe, expect, it } from 'vitest';
import { Knowledge, textsIn } from '../../../src/engine/plan-knowledge.ts';

let known: Knowledge;
beforeEach(() => {
  known = new Knowledge();
  known.learn('seen', { status: 'ok', changed: false, out: { a: 1 }, whole: true });
  known.learn('guessed', { status: 'changed', changed: true, out: { a: 1 }, whole: false });
  known.learn('mute', { status: 'changed', changed: true, whole: false });
  known.giveUp('dark');
});

describe('what an expression reads that is not known', () => {
  it.each([
    ['tasks.seen.out.b', null],
    ['tasks.guessed.out.a', null],
    ['tasks.guessed.out.b', 'guessed'],
    ['tasks.guessed.out["a"]', null],
    ["tasks['guessed']['out']['b']", 'guessed'],
    ['tasks . guessed . out . b', 'guessed'],
    ['tasks.guessed.?out.?b.orValue(1)', 'guessed'],
    ['tasks.guessed.out', 'guessed'],
    ['tasks.mute.changed && tasks.mute.status == "changed"', null],
    ['tasks.mute.out.a', 'mute'],
    ['tasks.dark.changed', 'dark'],
    ['tasks.dark.items.x', 'dark'],
    ['size(tasks)', 'the tasks before'],
    ['tasks.later.status', null],
    ['probes.eye.out.seen', 'probe eye'],
    ['inputs.tasks.dark.out + my_tasks.dark.out', null],
  ])('%s → %s', (text, on) => expect(known.lacking(text)).toBe(on));
});

describe('an expression is evaluated', () => {
  it.each([
    ['when it would fail over what is not known', 'inputs.go || tasks.mute.out.a == 1', null],
    ['not when it asks whether that is there', 'has(tasks.mute.out)', 'mute'],
    ['not when it would skip that', 'tasks.mute.?out.?a.orValue(1)', 'mute'],
    ['not when it takes a half-known result as a whole', 'tasks.guessed.out', 'guessed'],
    ['when it asks whether a known part is there', 'has(tasks.guessed.out.a)', null],
  ])('%s: %s', (_, text, on) => expect(known.guessing(text)).toBe(on));
});

describe('the expressions of a value', () => {
  it('are those of its templates, and texts that may be bare ones; plain words are none', () => {
    const value = {
      a: 'all the tasks of ${{ tasks.seen.out.a }} and ${{ inputs.x }}',
      b: [{ expr: 'tasks.dark.changed' }, 'probes["eye"].out'],
      c: 'stop the tasks',
      d: 7,
    };
    expect(textsIn(value).map((text) => text.trim())).toEqual([
      'tasks.seen.out.a',
      'inputs.x',
      'tasks.dark.changed',
      'probes["eye"].out',
    ]);
  });
});
