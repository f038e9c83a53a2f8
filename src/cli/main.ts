import type { Command } from 'commander';
import type { ErrorData } from '../errors/pgdba-error.ts';
import { asPgdbaError, PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import { loadConfig } from '../inventory/config.ts';
import { type OutputFormat, outputFormats } from '../inventory/config-keys.ts';
import { resolveHome } from '../inventory/home.ts';
import { type Envelope, failed, ofRun, succeeded } from '../output/envelope.ts';
import { exitOfError, exitOfRun, exitOk, exitOutputLost } from '../output/exit-code.ts';
import { Printer } from '../output/printer.ts';
import { type Globals, readGlobals } from './global-options.ts';
import { areaHelp } from './help.ts';
import type { Draw, Invocation, Outcome } from './invocation.ts';
import { matchVerb } from './match-verb.ts';
import { prepare } from './prepare.ts';
import type { ProcessIo } from './process-io.ts';
import type { Program } from './services.ts';
import { shellWords } from './shell-words.ts';
import type { Verb } from './verb.ts';

/**
 * One call of pgdba: `argv` without program and script. Prints the envelope on stdout and what people read on stderr;
 * answers the exit code. Throws nothing.
 */
export async function runCli(argv: readonly string[], program: Program, io: ProcessIo): Promise<number> {
  const colour = io.stdout.isTTY === true && !io.env.NO_COLOR;
  const printer = new Printer(io, program.redactor, { colour });
  // Replaced by better knowledge as it comes, so that an error at any point is printed the way that was asked for.
  const answer: Answering = { command: '', format: earlyFormat(argv, io), events: argv.includes('--events') };
  try {
    return await answerTo(argv, program, io, printer, answer);
  } catch (thrown) {
    const error = asPgdbaError(thrown);
    const data = error.toData();
    if (isDebug(argv)) printer.note(`${stackOf(thrown)}\n`);
    return print(printer, answer, failed(answer.command, data, new Date()), data, exitOfError(data));
  }
}

interface Answering {
  command: string;
  format: OutputFormat;
  events: boolean;
}

async function answerTo(
  argv: readonly string[],
  program: Program,
  io: ProcessIo,
  printer: Printer,
  answer: Answering,
): Promise<number> {
  const verbs = await program.verbs();
  const match = matchVerb(argv, verbs);
  answer.command = match.words;
  if (match.is === 'unknown') throw unknownCommand(match.words, verbs);
  if (match.is === 'area') return help(printer, areaHelp(match.words, match.verbs));
  const prepared = await prepare(match, verbs, program);
  if (prepared.is === 'help') return help(printer, prepared.text);
  const { command, run } = prepared;
  const options: Readonly<Record<string, unknown>> = command.opts();
  const globals = readGlobals(options, ownChoices(command, '--format'));
  const place = await homePlace(globals, io);
  answer.format = place.config.output.format;
  const invocation: Invocation = {
    program,
    io,
    printer,
    verbs,
    globals,
    command,
    operands: command.args,
    options,
    ...place,
    services: program.open(place),
    retry: shellWords(['pgdba', ...argv]),
  };
  return conclude(await run(invocation), printer, answer);
}

function conclude(outcome: Outcome, printer: Printer, answer: Answering): Promise<number> {
  const now = new Date();
  if ('text' in outcome) return printDocument(printer, outcome.text);
  if ('report' in outcome) {
    const { report } = outcome;
    const envelope = ofRun(answer.command, report, now);
    return print(printer, answer, envelope, report.error, exitOfRun(report.status, report.error));
  }
  if ('error' in outcome) {
    const { error, data, exit, draw } = outcome;
    return print(printer, answer, failed(answer.command, error, now, data), error, exit, draw);
  }
  return print(printer, answer, succeeded(answer.command, outcome.data, now), null, exitOk, outcome.draw);
}

async function printDocument(printer: Printer, text: string): Promise<number> {
  printer.text(text);
  return ended(printer, exitOk);
}

async function print(
  printer: Printer,
  { format, events }: Answering,
  envelope: Envelope,
  error: ErrorData | null,
  exit: number,
  draw?: Draw,
): Promise<number> {
  await printer.envelope(envelope, events ? 'line' : format, draw);
  if (error) printer.error(error);
  return ended(printer, exit);
}

/** The exit code, unless the answer did not get out. */
async function ended(printer: Printer, exit: number): Promise<number> {
  if (exit !== exitOk || !(await printer.lost())) return exit;
  printer.note('error: the answer could not be written to standard output\n');
  return exitOutputLost;
}

function help(printer: Printer, text: string): number {
  printer.text(text);
  return exitOk;
}

async function homePlace(globals: Globals, io: ProcessIo): Promise<Pick<Invocation, 'home' | 'config'>> {
  const { env, cwd } = io;
  const home = resolveHome({ flag: globals.home, env, cwd });
  const flags = {
    ...(globals.provider === null ? {} : { 'provider.type': globals.provider }),
    ...(globals.format === null ? {} : { 'output.format': globals.format }),
  };
  return { home, config: await loadConfig({ home, file: globals.config, cwd, env, flags }) };
}

/** What a command's own option of this name takes; null when it is the one of every verb. */
function ownChoices(command: Command, flag: string): readonly string[] | null {
  return command.options.find(({ long }) => long === flag)?.argChoices ?? null;
}

function unknownCommand(words: string, verbs: readonly Verb[]): PgdbaError {
  const known = [...new Set(verbs.flatMap(({ verb }) => [verb, verb.split(' ', 1)[0] ?? verb]))];
  const near = closest(words, known) ?? closest(words.split(' ', 1)[0] ?? words, known);
  return new PgdbaError('UNKNOWN_COMMAND', {
    facts: { command: words },
    hint: near ? `did you mean \`pgdba ${near}\`?` : '`pgdba --help` lists what there is',
  });
}

/** The format as far as it is known before the options are read. */
function earlyFormat(argv: readonly string[], io: ProcessIo): OutputFormat {
  const at = argv.indexOf('--format');
  const said = at === -1 ? argv.find((word) => word.startsWith('--format='))?.slice('--format='.length) : argv[at + 1];
  return outputFormats.find((known) => known === (said ?? io.env.PGDBA_FORMAT)) ?? 'json';
}

function isDebug(argv: readonly string[]): boolean {
  return (
    argv.includes('--verbose') ||
    argv.includes('--log-level=debug') ||
    argv[argv.indexOf('--log-level') + 1] === 'debug'
  );
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
