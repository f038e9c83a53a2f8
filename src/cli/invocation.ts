import type { Command } from 'commander';
import type { RunReport } from '../engine/report.ts';
import type { ErrorData } from '../errors/pgdba-error.ts';
import type { Config } from '../inventory/config.ts';
import type { Printer } from '../output/printer.ts';
import type { TableStyle } from '../output/table.ts';
import type { Globals } from './global-options.ts';
import type { ProcessIo } from './process-io.ts';
import type { Program, Services } from './services.ts';
import type { Verb } from './verb.ts';

/** One call of pgdba, options read, nothing done yet. */
export interface Invocation {
  readonly program: Program;
  readonly io: ProcessIo;
  readonly printer: Printer;
  readonly verbs: readonly Verb[];
  readonly globals: Globals;
  readonly command: Command;
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly home: string;
  readonly config: Config;
  readonly services: Services;
  /** The command as typed, ready to be pasted into a shell. */
  readonly retry: string;
}

/** What a command answers; `main` makes the envelope and the exit code of it. */
export type Outcome =
  | { readonly data: unknown; readonly draw?: Draw }
  | { readonly data: unknown; readonly error: ErrorData; readonly exit: number; readonly draw?: Draw }
  | { readonly report: RunReport }
  /** A document of its own, in place of the envelope. */
  | { readonly text: string };

/** The data as text for people, where a table of it would not do. */
export type Draw = (style: TableStyle) => string;

/** A plain command: one file each in `commands/`. */
export interface PlainCommand {
  /** Adds its arguments and options. */
  readonly define?: (command: Command) => void;
  /** Typed after the verb, for `--help`. */
  readonly examples: readonly string[];
  /** Drives a run that is there: shows the options of runs too. */
  readonly drives?: boolean;
  run(invocation: Invocation): Promise<Outcome>;
}
