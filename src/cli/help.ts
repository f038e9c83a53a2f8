import { padEnd, wrap } from '../output/text-width.ts';
import type { Input } from '../playbook/input.ts';
import { flagName } from './input-options.ts';
import { flagOf, wordsOf } from './match-verb.ts';
import type { PlaybookVerb, Verb } from './verb.ts';

const width = 100;

/** `pgdba runs`: the verbs of an area, one line each. */
export function areaHelp(area: string, verbs: readonly Verb[]): string {
  const column = Math.max(...verbs.map(({ verb }) => verb.length)) + 2;
  const indent = `\n${' '.repeat(column + 2)}`;
  const text = (summary: string): string => wrap(summary, width - column - 2).join(indent);
  const lines = verbs.map(({ verb, summary }) => `  ${padEnd(verb, column)}${text(summary)}`);
  const title = area === '' ? 'pgdba VERB [options]' : `pgdba ${area} … [options]`;
  return `Usage: ${title}\n\n${lines.join('\n')}\n\n\`pgdba VERB --help\` shows what one takes.\n`;
}

/** Below a verb's options: what its flags select, and how a call looks. */
export function verbFooter(verb: PlaybookVerb, siblings: readonly Verb[], words: string): string {
  const flag = flagOf(verb);
  const call = `pgdba ${words}${flag === null ? '' : ` ${flag}`}${namePart(verb)}`;
  const calls = [...new Set([`${call}${required(verb.inputs)}`, `${call}${required(verb.inputs)}${shownInput(verb)}`])];
  const parts = [`Runs the playbook ${verb.playbook} ${verb.version} (${verb.risk}).`];
  parts.push(...siblings.map((other) => `${wordsOf(other)} ${flagOf(other)}: ${other.summary}`));
  return `\n${parts.join('\n')}\n${examples(calls)}`;
}

export function examples(calls: readonly string[]): string {
  return calls.length === 0 ? '' : `\nExamples:\n${calls.map((call) => `  ${call}\n`).join('')}`;
}

function namePart({ target, risk }: PlaybookVerb): string {
  if (target === 'new-cluster') return ' --name demo --provider local';
  if (target === 'none') return '';
  return risk === 'destructive' ? ' --name demo --confirm' : ' --name demo';
}

function required(inputs: readonly Input[]): string {
  const needed = inputs.filter((input) => !input.optional && (input.default === undefined || input.default === null));
  return needed.map((input) => ` ${flagName(input.name)} ${sample(input)}`).join('');
}

function shownInput({ inputs, risk }: PlaybookVerb): string {
  const free = inputs.find((input) => input.optional || (input.default !== undefined && input.default !== null));
  if (!free) return risk === 'read-only' ? ' --format table' : ' --reason "ticket 4711"';
  return free.type === 'boolean' ? ` ${flagName(free.name)}` : ` ${flagName(free.name)} ${sample(free)}`;
}

const samples: Readonly<Record<string, string>> = {
  bytes: '1MiB',
  duration: '30s',
  timestamp: '2026-01-31T02:00:00Z',
  lsn: '16/B374D848',
  member: 'n2',
  cluster: 'other',
  secret: 'env:NAME',
  integer: '3',
  number: '0.5',
  boolean: 'true',
  string: 'VALUE',
};

function sample({ default: value, enum: words, format, type, items }: Input): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (words?.[0] !== undefined) return String(words[0]);
  return samples[format ?? items?.format ?? (type === 'array' ? (items?.type ?? 'string') : type)] ?? 'VALUE';
}
