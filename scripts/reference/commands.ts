import type { Argument, Option } from 'commander';
import { commandIndex } from '../../src/cli/command-index.ts';
import { globalOptions } from '../../src/cli/global-options.ts';
import { inputOptions, setOption } from '../../src/cli/input-options.ts';
import { newCommand } from '../../src/cli/parse.ts';
import { plainCommands } from '../../src/cli/plain-commands.ts';
import type { CommandVerb, PlaybookVerb, Verb } from '../../src/cli/verb.ts';
import { shippedVerbs } from '../../src/playbook/catalogue.ts';
import { code, page, table } from './markdown.ts';

/** docs/reference/commands.md: every verb with its own options, and once those that all of them take. */
export async function commandPage(): Promise<string> {
  const verbs: Verb[] = [...(await shippedVerbs()), ...plainCommands];
  verbs.sort((a, b) => (a.verb < b.verb ? -1 : 1));
  const parts = await Promise.all(verbs.map(part));
  const intro = 'Every verb of the command line, as `pgdba VERB --help` shows it.';
  const all = globalOptions(['all']).filter(({ hidden }) => !hidden);
  const more = (shown: 'target' | 'plan' | 'run') => globalOptions([shown]).filter(({ hidden }) => !hidden);
  return page('Commands', intro, [
    ...parts,
    '## Options of every verb',
    optionTable(all),
    'Of verbs about a cluster:',
    optionTable(more('target')),
    'Of verbs that make a run:',
    optionTable(more('plan')),
    'Of verbs that make or drive a run:',
    optionTable(more('run')),
  ]);
}

async function part(verb: Verb): Promise<string> {
  const { usage, facts, options } = verb.kind === 'playbook' ? ofPlaybook(verb) : await ofCommand(verb);
  const rows = options.length > 0 ? [optionTable(options)] : [];
  return [`## ${verb.verb}`, verb.summary, `${code(usage)}${facts}`, ...rows].join('\n\n');
}

interface Described {
  readonly usage: string;
  readonly facts: string;
  readonly options: readonly (Option | Argument)[];
}

function ofPlaybook({ verb, playbook, risk, inputs }: PlaybookVerb): Described {
  const facts = `: runs the playbook [${playbook}](playbooks.md#${playbook}), risk ${risk}.`;
  return { usage: `pgdba ${verb} [options]`, facts, options: inputOptions(inputs).filter(({ hidden }) => !hidden) };
}

async function ofCommand({ verb, summary }: CommandVerb): Promise<Described> {
  const command = newCommand(verb, summary, []);
  if (verb === 'run') {
    command.argument('<playbook>', 'a file (with / or ending in .yaml), or the name of a shipped playbook');
    command.addOption(setOption().hideHelp(false));
  }
  (await commandIndex[verb]?.())?.default.define?.(command);
  const operands = command.registeredArguments;
  const words = operands.map((operand) => ` ${named(operand)}`).join('');
  const own = command.options.filter(({ hidden }) => !hidden);
  return { usage: `pgdba ${verb}${words} [options]`, facts: '', options: [...operands, ...own] };
}

function optionTable(options: readonly (Option | Argument)[]): string {
  return table(
    ['', ''],
    options.map((option) => [code('flags' in option ? option.flags : named(option)), option.description]),
  );
}

function named(operand: Argument): string {
  return operand.required ? `<${operand.name()}>` : `[${operand.name()}]`;
}
