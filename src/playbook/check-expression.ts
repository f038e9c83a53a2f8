import { PgdbaError } from '../errors/pgdba-error.ts';
import { parseProgram } from './cel.ts';
import { checkNames, type NameScope } from './check-names.ts';
import { mostExpressions, type TypeChecker } from './check-types.ts';
import { guardsOf } from './guards.ts';
import { macroDepth } from './macros.ts';
import type { Placed, Problems } from './problems.ts';
import { any, kindNames, type Shape } from './shape.ts';

/** What the expressions of one place of a playbook may read. */
export interface View extends Omit<NameScope, 'nullable'> {
  /** Roots that only this place has: the loop variable. */
  readonly locals: ReadonlyMap<string, Shape>;
  readonly types: TypeChecker;
}

export interface Wanted {
  /** What the place takes: `a duration`, `text`; and which CEL types that is. Undefined: anything. */
  readonly as?: string;
  readonly kinds?: readonly Shape['kind'][];
  /** The place may stay empty: null or an empty optional is fine. */
  readonly empty: boolean;
}

export interface Checked {
  readonly shape: Shape;
  /** Paths it tests: what depends on it being true may read them. */
  readonly guards: ReadonlySet<string>;
}

const deepestMacros = 2;

/**
 * Syntax, names, types and limits of one expression. `at` gives the place in the file of an offset into the text.
 * Undefined when there was a problem.
 */
export function checkExpression(
  text: string,
  at: (offset: number) => Placed,
  view: View,
  wanted: Wanted,
  problems: Problems,
): Checked | undefined {
  let found = false;
  const report = (offset: number, problem: string, hint?: string) => {
    found = true;
    problems.add(at(offset), problem, hint);
  };
  const admitted = view.types.admit();
  if (admitted !== 'yes') {
    const problem = `the file has more than ${mostExpressions} expressions`;
    if (admitted === 'first-refused')
      report(0, problem, 'repeat a task with for_each, or move some into a child playbook');
    return undefined;
  }
  const ast = parse(text, report);
  if (!ast) return undefined;
  if (macroDepth(ast) > deepestMacros)
    report(0, `more than ${deepestMacros} macros stand inside each other`, 'compute it in a step');
  const roots = new Map([...view.roots, ...view.locals]);
  const shape = checkNames(ast, { ...view, roots, nullable: wanted.empty }, report);
  if (found) return undefined;

  const type = view.types.check(text, view.locals);
  if (typeof type !== 'string') report(type.offset, type.problem);
  else {
    const problem = typeProblem(type, wanted);
    if (problem) report(0, problem.problem, problem.hint);
  }
  return found
    ? undefined
    : { shape: shape.kind === 'any' && typeof type === 'string' ? shapeOfType(type) : shape, guards: guardsOf(ast) };
}

function parse(text: string, report: (offset: number, problem: string) => void) {
  try {
    return parseProgram(text).ast;
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    report(Number(thrown.facts['offset'] ?? 0), `expression: ${thrown.facts['problem']}`);
    return undefined;
  }
}

function typeProblem(type: string, { as, kinds, empty }: Wanted): { problem: string; hint: string } | undefined {
  const optional = /^optional<(.*)>$/.exec(type);
  if (optional && !empty) {
    return { problem: 'this may be empty, and a value is needed here', hint: 'add .orValue(…)' };
  }
  const { kind } = shapeOfType(optional?.[1] ?? type);
  if (kind === 'null' && empty) return undefined;
  if (!kinds || kind === 'any' || kinds.includes('any') || kinds.includes(kind)) return undefined;
  return {
    problem: `this must be ${as ?? kinds.join(' or ')}, the expression gives ${kindNames[kind]}`,
    hint: (isScalar(kind) && conversions[kinds[0] ?? 'any']) || '',
  };
}

function isScalar(kind: Shape['kind']): boolean {
  return kind === 'text' || kind === 'integer' || kind === 'number' || kind === 'boolean';
}

const conversions: Readonly<Partial<Record<Shape['kind'], string>>> = {
  text: 'string(…) makes text',
  integer: 'int(…) makes an integer',
};

/** The shape a CEL type stands for; a type named by its path is an object. */
function shapeOfType(type: string): Shape {
  if (type === 'string') return { kind: 'text' };
  if (type === 'int') return { kind: 'integer' };
  if (type === 'double') return { kind: 'number' };
  if (type === 'bool') return { kind: 'boolean' };
  if (type === 'null') return { kind: 'null' };
  if (type === 'list' || type.startsWith('list<')) return { kind: 'list', items: any };
  if (type === 'map' || type.startsWith('map<') || type.includes('.')) return { kind: 'map', values: any };
  return any;
}
