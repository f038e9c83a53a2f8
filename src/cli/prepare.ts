import type { Command } from 'commander';
import type { Input } from '../playbook/input.ts';
import { commandIndex } from './command-index.ts';
import { globalOptions } from './global-options.ts';
import { examples, verbFooter } from './help.ts';
import { inputOptions, setOption } from './input-options.ts';
import type { Invocation, Outcome } from './invocation.ts';
import { beforeSeparator, flagOf, type Match } from './match-verb.ts';
import { newCommand, parseInto } from './parse.ts';
import { choosePlaybook, nameOnly } from './playbook-operand.ts';
import { runPlaybook } from './run-playbook.ts';
import type { Program } from './services.ts';
import type { PlaybookVerb, Verb } from './verb.ts';

/** A verb whose options are read: help was asked for, or it is ready to go. */
export type Prepared =
  | { readonly is: 'help'; readonly text: string }
  | { readonly is: 'ready'; readonly command: Command; readonly run: (invocation: Invocation) => Promise<Outcome> };

type VerbMatch = Extract<Match, { is: 'verb' }>;

/** Builds the one commander command that is needed and parses the rest of the line. Errors: USAGE, those of loading. */
export async function prepare(match: VerbMatch, verbs: readonly Verb[], program: Program): Promise<Prepared> {
  if (match.verb.kind === 'playbook') return prepareVerb(match.verb, match);
  return match.words === 'run' ? prepareRun(match, verbs, program) : prepareCommand(match);
}

function prepareVerb(verb: PlaybookVerb, { words, siblings, rest }: VerbMatch): Prepared {
  const flag = flagOf(verb);
  const command = newCommand(flag === null ? words : `${words} ${flag}`, verb.summary, [
    ...inputOptions(verb.inputs),
    setOption(),
    ...globalOptions(['all', 'plan', 'run', 'target']),
  ]);
  const footer = verbFooter(verb, siblings, words);
  return finish(command, rest, footer, (invocation) => runPlaybook(invocation, verb.playbook, verb.inputs));
}

/** `run X` takes X's own inputs as options; X is loaded for that only when such an option, or help, is there. */
async function prepareRun({ rest }: VerbMatch, verbs: readonly Verb[], program: Program): Promise<Prepared> {
  const operand = choosePlaybook(rest);
  const inputs = operand === null || nameOnly(rest) ? [] : await inputsOf(operand, verbs, program);
  const command = newCommand('run', 'Run a playbook, by file or by name.', [
    ...inputOptions(inputs),
    setOption().hideHelp(false),
    ...globalOptions(['all', 'plan', 'run', 'target']),
  ]).argument(
    hasPlan(rest) ? '[playbook]' : '<playbook>',
    'a file (with / or ending in .yaml), or the name of a shipped playbook',
  );
  const calls = ['pgdba run switchover --name demo --candidate n2', 'pgdba run ./my-playbook.yaml --set key=value'];
  return finish(command, rest, examples(calls), (invocation) =>
    runPlaybook(invocation, invocation.operands[0] ?? null, inputs),
  );
}

/** A saved plan names its playbook. */
function hasPlan(rest: readonly string[]): boolean {
  return beforeSeparator(rest).some((word) => word === '--plan' || word.startsWith('--plan='));
}

async function inputsOf(operand: string, verbs: readonly Verb[], program: Program): Promise<readonly Input[]> {
  for (const verb of verbs) if (verb.kind === 'playbook' && verb.playbook === operand) return verb.inputs;
  return [...(await program.playbook(operand)).inputs.values()];
}

async function prepareCommand({ words, verb, rest }: VerbMatch): Promise<Prepared> {
  const load = commandIndex[words];
  if (!load) throw new Error(`${words} is listed but has no file`);
  const { default: plain } = await load();
  const shown = plain.drives ? (['all', 'run', 'target'] as const) : (['all', 'target'] as const);
  const command = newCommand(words, verb.summary, []);
  plain.define?.(command);
  const own = new Set(command.options.map(({ long }) => long));
  for (const option of globalOptions(shown)) if (!own.has(option.long)) command.addOption(option);
  return finish(command, rest, examples(plain.examples), (invocation) => plain.run(invocation));
}

function finish(
  command: Command,
  rest: readonly string[],
  footer: string,
  run: (invocation: Invocation) => Promise<Outcome>,
): Prepared {
  if (beforeSeparator(rest).some((word) => word === '--help' || word === '-h')) {
    return { is: 'help', text: `${command.helpInformation()}${footer}` };
  }
  parseInto(command, rest);
  return { is: 'ready', command, run };
}
