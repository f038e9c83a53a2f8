import { type Command, Option } from 'commander';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Input } from '../playbook/input.ts';
import { collect } from './global-options.ts';
import type { GivenInput } from './services.ts';

const group = 'Inputs:';

/** The options that a playbook's inputs make: `max_lag` → `--max-lag <bytes>`. */
export function inputOptions(inputs: readonly Input[]): Option[] {
  return inputs.flatMap((input) => {
    const flag = flagName(input.name);
    if (input.type === 'boolean') {
      return [
        new Option(flag, describe(input)).helpGroup(group),
        new Option(`--no-${flag.slice(2)}`, 'the opposite').hideHelp().helpGroup(group),
      ];
    }
    const option = new Option(`${flag} <${placeholder(input)}>`, describe(input)).helpGroup(group);
    return [input.type === 'array' ? option.argParser(collect) : option];
  });
}

export function setOption(): Option {
  return new Option('--set <input=value>', 'give an input by its name').argParser(collect).helpGroup(group).hideHelp();
}

/** What was given for inputs, as typed. Errors: USAGE. */
export function givenInputs(command: Command, inputs: readonly Input[]): Map<string, GivenInput> {
  const given = new Map<string, GivenInput>();
  const take = (name: string, value: string, origin: string): void => {
    const before = given.get(name);
    if (before) throw usage(`${name} is given twice: by ${before.origin} and by ${origin}`, 'give it once');
    given.set(name, { value, origin });
  };
  const pairs: unknown = command.opts().set;
  for (const pair of Array.isArray(pairs) ? pairs.map(String) : []) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined) throw usage(`--set ${pair} has no value`, 'write --set NAME=VALUE');
    take(name.replaceAll('-', '_'), value, `--set ${name}`);
  }
  for (const { name } of inputs) {
    const attribute = new Option(flagName(name)).attributeName();
    if (command.getOptionValueSource(attribute) !== 'cli') continue;
    const value: unknown = command.getOptionValue(attribute);
    take(name, Array.isArray(value) ? value.join(',') : String(value), flagName(name));
  }
  return given;
}

export function flagName(input: string): string {
  return `--${input.replaceAll('_', '-')}`;
}

/** What stands for a value of this input: `bytes`, `member`, `n`, `a,b,…`. */
export function placeholder({ format, type, items, enum: words }: Input): string {
  if (words && words.length <= 4) return words.join('|');
  if (type === 'array') return `${items?.format ?? 'value'},…`;
  return format ?? (type === 'string' ? 'text' : 'n');
}

function describe(input: Input): string {
  const notes: string[] = [];
  if (input.enum && input.enum.length > 4) notes.push(`one of ${input.enum.join(', ')}`);
  if (input.type === 'boolean') notes.push(`also --no-${flagName(input.name).slice(2)}`);
  if (input.format === 'secret') notes.push('env:NAME, file:PATH or command:PROGRAM');
  if (isWritten(input.default)) notes.push(`default: ${written(input.default)}`);
  else if (!input.optional) notes.push('required');
  return notes.length === 0 ? input.description : `${input.description} (${notes.join('; ')})`;
}

/** JSON turns a missing default into null or nothing at all. */
function isWritten(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0) && value !== '';
}

function written(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function usage(problem: string, hint: string): PgdbaError {
  return new PgdbaError('USAGE', { facts: { problem }, hint });
}
