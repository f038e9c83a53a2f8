import { Command, CommanderError, type Option } from 'commander';
import { PgdbaError } from '../errors/pgdba-error.ts';

const pageWidth = 100;

/** A commander command that prints nothing and ends nothing: errors are thrown, help is asked for. */
export function newCommand(words: string, summary: string, options: readonly Option[]): Command {
  const command = new Command(`pgdba ${words}`)
    .description(summary)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .configureHelp({ helpWidth: pageWidth })
    .helpOption('-h, --help', 'this page');
  for (const option of options) command.addOption(option);
  return command;
}

/** Parses what follows the verb. Errors: USAGE, with the closest option as hint. */
export function parseInto(command: Command, argv: readonly string[]): void {
  try {
    command.parse(argv, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) throw usageError(thrown, command);
    throw thrown;
  }
}

/** `error: unknown option '--mx-lag'\n(Did you mean --max-lag?)` as our own error. */
function usageError({ message }: CommanderError, command: Command): PgdbaError {
  const [sentence = '', suggestion = ''] = message.split('\n');
  const problem = sentence
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .replace('. Expected', ': expected');
  const near = /Did you mean (.+)\?/.exec(suggestion)?.[1];
  return new PgdbaError('USAGE', {
    facts: { problem },
    hint: near ? `did you mean ${near}?` : `\`${command.name()} --help\` shows what it takes`,
  });
}
