import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shippedPlaybooks } from '../../../src/playbook/catalogue.ts';
import { playbookSchema } from '../../../src/playbook/schema.ts';
import { Registry } from '../../../src/step/registry.ts';
import { probes, steps } from '../../../steps/index.ts';
import { example } from './example.ts';
import { testRegistry } from './steps.ts';

async function accepts(registry: Registry) {
  const validate = new Ajv({ strict: false }).compile(await playbookSchema(registry));
  return (text: string) => validate(parse(text));
}

describe('the schema for editors', async () => {
  const fits = await accepts(testRegistry());

  it('accepts a valid playbook', () => {
    expect(fits(example)).toBe(true);
  });

  it.each([
    ['an unknown key', (text: string) => `${text}timeot: 5m\n`],
    ['an unknown parameter', (text: string) => text.replace('within: 5s', 'withn: 5s')],
    ['a missing parameter', (text: string) => text.replace('name: flush, ', '')],
    ['an unknown step', (text: string) => text.replace('test.move@1', 'test.mvoe@1')],
    ['a reserved input', (text: string) => text.replace('candidate: {', 'confirm: {')],
    ['a bad duration', (text: string) => text.replace('timeout: 10m', 'timeout: soon')],
    ['an unknown risk', (text: string) => text.replace('risk: disruptive', 'risk: some')],
  ])('refuses %s', (_, change) => {
    expect(fits(change(example))).toBe(false);
  });

  const tasks = (text: string) => `${example.slice(0, example.indexOf('prechecks:'))}${text}`;
  const one = '{ id: one, uses: test.ensure@1, with: { member: a, name: x } }';
  const probe = '{ id: p, uses: test.probe@1, from: one, until: one, must: probes.p.out.longest_gap_ms < 5 }';
  const ask = '{ id: ask, uses: approve@1, with: { question: Go?, timeout: 2h, form: { ticket: { type: string } } } }';

  it.each([
    ['branches', `tasks:\n  - parallel: { id: both, max_parallel: 2, branches: [[ ${one} ]] }\n`],
    ['a child run', 'tasks:\n  - { id: go, uses: "playbook:./x.yaml", with: { anything: [1] } }\n'],
    ['an approval', `tasks:\n  - ${ask}\n`],
    ['a probe that judges', `probes:\n  - ${probe}\ntasks:\n  - ${one}\n`],
    ['a retry', `tasks:\n  - ${one.replace(' }', ' }, retry: { max: 2, backoff: 1s..30s, errors: [timeout] }')}\n`],
  ])('accepts %s', (_, text) => {
    expect(fits(tasks(text))).toBe(true);
  });

  it.each([
    [
      'a task that is also a block',
      `tasks:\n  - { id: x, uses: assert@1, parallel: { id: b, branches: [[ ${one} ]] } }\n`,
    ],
    ['a task that is neither', 'tasks:\n  - { id: x }\n'],
    [
      'a parameter that a probe has not',
      `probes:\n  - ${probe.replace(', from', ', with: { a: 1 }, from')}\ntasks:\n  - ${one}\n`,
    ],
    [
      'a step in place of a probe',
      `probes:\n  - ${probe.replace('test.probe@1', 'test.ensure@1')}\ntasks:\n  - ${one}\n`,
    ],
    ['an approval of nothing', `tasks:\n  - ${ask.replace('question: Go?, ', '')}\n`],
    ['a form field without a type', `tasks:\n  - ${ask.replace('{ type: string }', '{ typ: string }')}\n`],
    ['a child run as rollback', `tasks:\n  - ${one.replace(' }', ' }, rollback: { uses: "playbook:./x.yaml" }')}\n`],
    ['an unknown error class', `tasks:\n  - ${one.replace(' }', ' }, retry: { max: 2, errors: [slow] }')}\n`],
  ])('refuses %s', (_, text) => {
    expect(fits(tasks(text))).toBe(false);
  });

  it('accepts every shipped playbook', async () => {
    const fitsShipped = await accepts(new Registry(steps, probes));
    const refused = (await shippedPlaybooks()).filter(({ source }) => !fitsShipped(source));
    expect(refused.map(({ name }) => name)).toEqual([]);
  });
});
