import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import { parseBytes } from '../formats/bytes.ts';
import { parseDuration } from '../formats/duration.ts';
import { lsnDiff } from '../formats/lsn.ts';

const longestText = 4000;

/** CEL has a bytes() of its own, which makes a byte string: calls of ours are renamed after parsing. */
const ownBytes = 'pgdba_bytes';

/** Compiled and ready to run over CEL values. */
export interface Program {
  readonly ast: ASTNode;
  run(context: Record<string, unknown>): unknown;
}

/** A CEL environment with pgdba's functions. `declared`: only registered variables exist, and types are checked. */
export function newEnvironment({ declared }: { declared: boolean }): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: !declared,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 300, maxDepth: 20, maxListElements: 100, maxMapEntries: 100 },
  });
  environment.registerFunction(`${ownBytes}(string): int`, (text: string) => BigInt(named(() => parseBytes(text))));
  environment.registerFunction('ms(string): int', (text: string) => BigInt(named(() => parseDuration(text))));
  environment.registerFunction('lsn_diff(string, string): int', (a: string, b: string) => named(() => lsnDiff(a, b)));
  // CEL compares integers with doubles but does not calculate with both; a JSON number may be either.
  for (const [operator, calculate] of Object.entries(mixedArithmetic)) {
    environment.registerOperator(`int ${operator} double`, (a, b) => calculate(Number(a), b));
    environment.registerOperator(`double ${operator} int`, (a, b) => calculate(a, Number(b)));
  }
  return environment;
}

/** Parses without checking names or types. Errors: EXPRESSION_FAILED with facts `offset` and `problem`. */
export function parseProgram(
  text: string,
  environment: Environment = untyped(),
): Program & { check(): CelProblem | string } {
  if (text.length > longestText) throw syntaxError(text, `it is longer than ${longestText} characters`, 0);
  try {
    const parsed = environment.parse(text);
    renameCalls(parsed.ast);
    return {
      ast: parsed.ast,
      run: (context) => parsed(context),
      check: () => {
        const { valid, type, error } = parsed.check();
        return valid ? (type ?? 'dyn') : problemOf(error);
      },
    };
  } catch (thrown) {
    const { problem, offset } = problemOf(thrown);
    throw syntaxError(text, problem, offset);
  }
}

export interface CelProblem {
  readonly problem: string;
  readonly offset: number;
  readonly code: string;
}

/** A CEL error in plain words; `offset` into the expression. */
export function problemOf(thrown: unknown): CelProblem {
  if (thrown instanceof RangeError) return { problem: 'it is nested too deep', offset: 0, code: 'nesting' };
  if (!isCelError(thrown)) return { problem: describe(thrown), offset: 0, code: '' };
  const { node, code } = thrown;
  const said = thrown.summary.replaceAll(ownBytes, 'bytes').replaceAll(/\bdyn<(\w+)>/g, '$1');
  return {
    problem: sentence(code, said, node?.input?.slice(node.start, node.end)),
    offset: thrown.range?.start ?? 0,
    code,
  };
}

let names: ReadonlySet<string> | undefined;

/** Functions and methods an expression may call, in the order of the alphabet. */
export function functionNames(): ReadonlySet<string> {
  names ??= new Set(
    untyped()
      .getDefinitions()
      .functions.map(({ name }) => name)
      .filter((name) => name !== 'matches' && name !== ownBytes)
      .sort(),
  );
  return names;
}

/** The children of a node, in order. */
export function children(ast: ASTNode): readonly ASTNode[] {
  switch (ast.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [ast.args[0]];
    case 'call':
      return ast.args[1];
    case 'rcall':
      return [ast.args[1], ...ast.args[2]];
    case 'map':
      return ast.args.flat();
    case '!_':
    case '-_':
      return [ast.args];
    default:
      return ast.args;
  }
}

let shared: Environment | undefined;

function untyped(): Environment {
  shared ??= newEnvironment({ declared: false });
  return shared;
}

const mixedArithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

function named<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw new EvaluationError(describe(thrown));
  }
}

function renameCalls(ast: ASTNode): void {
  if (ast.op === 'call' && ast.args[0] === 'bytes') ast.args[0] = ownBytes;
  for (const child of children(ast)) renameCalls(child);
}

interface CelError {
  readonly summary: string;
  readonly code: string;
  readonly range?: { readonly start: number };
  readonly node?: { readonly input?: string; readonly start: number; readonly end: number };
}

function isCelError(thrown: unknown): thrown is Error & CelError {
  return thrown instanceof Error && 'summary' in thrown && typeof thrown.summary === 'string';
}

function sentence(code: string, said: string, place: string | undefined): string {
  if (code === 'no_such_key' && place) return `${place} is missing`;
  if (code === 'unknown_variable') return `there is no ${said.replace(/^.*: /, '')} here`;
  const [, left, operator, right] = /^no such overload: (\S+) (\S+) (\S+)$/.exec(said) ?? [];
  if (operator) return `${operator} does not work on ${left} and ${right}`;
  const overload = /^found no matching overload for '(?:.*\.)?(\w+)\((.*)\)'$/.exec(said);
  if (overload) return `${overload[1]}() does not take ${overload[2] || 'this'}`;
  return said.charAt(0).toLowerCase() + said.slice(1);
}

function syntaxError(text: string, problem: string, offset: number): PgdbaError {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new PgdbaError('EXPRESSION_FAILED', {
    facts: { expression: shown, problem, offset },
    hint: 'expressions are CEL; docs/playbooks.md shows what they can do',
  });
}
