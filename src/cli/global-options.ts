import { Option } from 'commander';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import { parseDuration } from '../formats/duration.ts';
import { type OutputFormat, outputFormats } from '../inventory/config-keys.ts';

/** What every verb accepts. Null: not said. */
export interface Globals {
  readonly name: string | null;
  readonly patroniUrl: string | null;
  readonly provider: string | null;
  readonly check: boolean;
  /** Files, as typed. */
  readonly out: string | null;
  readonly plan: string | null;
  readonly override: readonly string[];
  readonly yes: boolean;
  readonly confirm: boolean;
  readonly reason: string | null;
  readonly waitMs: number | null;
  readonly journal: boolean;
  readonly format: OutputFormat | null;
  readonly events: boolean;
  readonly config: string | null;
  readonly home: string | null;
  readonly logLevel: LogLevel;
  readonly quiet: boolean;
}

const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * `target`: of verbs that act on a cluster; `plan`: of verbs that make a run; `run`: of those that drive one, too; `all`:
 * of every verb.
 */
type Shown = 'target' | 'plan' | 'run' | 'all' | 'hidden';

const table: readonly (readonly [flags: string, shown: Shown, description: string])[] = [
  ['--name <cluster>', 'target', 'which cluster (also --cluster, -c)'],
  ['-c, --cluster <cluster>', 'hidden', 'the same as --name'],
  ['--patroni-url <url>', 'target', 'a cluster that is not known here, by its Patroni REST address'],
  ['--provider <provider>', 'target', 'docker, baremetal, kubernetes or local'],
  ['--check', 'plan', 'show the plan, change nothing (also --dry-run)'],
  ['--dry-run', 'hidden', 'the same as --check'],
  ['--out <file>', 'plan', 'with --check: save the plan'],
  ['--plan <file>', 'plan', 'carry out a saved plan, if nothing has changed since'],
  ['--override <precheck>', 'plan', 'with --reason: go on although this precheck fails'],
  ['--yes', 'run', 'do not ask before disruptive work'],
  ['--confirm', 'run', 'with --name: agree to destructive work'],
  ['--reason <text>', 'run', 'why, for the journal'],
  ['--wait <duration>', 'run', 'wait this long for a busy cluster (0: fail at once)'],
  ['--journal', 'plan', 'keep a journal of a read-only run too'],
  ['--events', 'run', 'stream the journal as NDJSON on stdout, the answer last'],
  ['--format <format>', 'all', 'json, table or yaml (default: json)'],
  ['--config <file>', 'all', 'configuration file (default: config.yaml in the home)'],
  ['--home <directory>', 'all', "pgdba's own directory (default: $PGDBA_HOME or ~/.pgdba)"],
  ['--log-level <level>', 'all', 'error, warn, info or debug'],
  ['--verbose', 'all', 'the same as --log-level debug'],
  ['--quiet', 'all', 'no progress on stderr; errors stay'],
];

const repeated = new Set(['--override <precheck>']);

/** The options as commander takes them; those outside `shown` are accepted but not printed. */
export function globalOptions(shown: readonly Shown[]): Option[] {
  return table.map(([flags, where, description]) => {
    const option = new Option(flags, description).helpGroup('Options of every verb:').hideHelp(!shown.includes(where));
    return repeated.has(flags) ? option.argParser(collect) : option;
  });
}

/** Whether the word after this one belongs to it. */
export function takesValue(word: string): boolean {
  return table.some(([flags]) => flags.includes('<') && flags.split(/[ ,]+/).includes(word));
}

/** Reads the global options out of what commander parsed. Errors: USAGE, FORMAT_INVALID. */
export function readGlobals(
  options: Readonly<Record<string, unknown>>,
  ownFormats: readonly string[] | null = null,
): Globals {
  const text = (key: string): string | null => (typeof options[key] === 'string' ? options[key] : null);
  const flag = (key: string): boolean => options[key] === true;
  const wait = text('wait');
  return {
    name: oneName(text('name'), text('cluster')),
    patroniUrl: text('patroniUrl'),
    provider: text('provider'),
    check: flag('check') || flag('dryRun'),
    out: text('out'),
    plan: text('plan'),
    override: Array.isArray(options.override) ? options.override.map(String) : [],
    yes: flag('yes'),
    confirm: flag('confirm'),
    reason: text('reason'),
    waitMs: wait === null ? null : parseDuration(wait),
    journal: flag('journal'),
    // A command that takes formats of its own reads them itself.
    format: ownFormats === null ? oneOf('--format', text('format'), outputFormats) : null,
    events: flag('events'),
    config: text('config'),
    home: text('home'),
    logLevel: flag('verbose') ? 'debug' : (oneOf('--log-level', text('logLevel'), logLevels) ?? 'info'),
    quiet: flag('quiet'),
  };
}

/** Keeps every value of an option that may be given more than once. */
export function collect(value: string, before: unknown): string[] {
  return [...(Array.isArray(before) ? before.map(String) : []), value];
}

function oneName(name: string | null, cluster: string | null): string | null {
  if (name !== null && cluster !== null && name !== cluster) {
    throw new PgdbaError('USAGE', {
      facts: { problem: `--name says ${name}, --cluster says ${cluster}` },
      hint: 'name one cluster',
    });
  }
  return name ?? cluster;
}

function oneOf<T extends string>(option: string, value: string | null, known: readonly T[]): T | null {
  const found = known.find((word) => word === value);
  if (value === null || found !== undefined) return found ?? null;
  const near = closest(value, known);
  throw new PgdbaError('USAGE', {
    facts: { problem: `${option} takes ${known.join(', ')}, not "${value}"` },
    hint: near ? `did you mean ${near}?` : `write one of ${known.join(', ')}`,
  });
}
