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

  it('accepts every shipped playbook', async () => {
    const fitsShipped = await accepts(new Registry(steps, probes));
    const refused = (await shippedPlaybooks()).filter(({ source }) => !fitsShipped(source));
    expect(refused.map(({ name }) => name)).toEqual([]);
  });
});
