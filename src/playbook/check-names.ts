import type { ASTNode } from '@marcbachmann/cel-js';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import { parseBytes } from '../formats/bytes.ts';
import { parseDuration } from '../formats/duration.ts';
import { children, functionNames } from './cel.ts';
import { didYouMean } from './decode.ts';
import { guardsOf, pathOf } from './guards.ts';
import { loopOf } from './macros.ts';
import { any, type Field, type Fields, type Shape } from './shape.ts';

export interface NameScope {
  readonly roots: ReadonlyMap<string, Shape>;
  /** Why `tasks.move` cannot be read where the expression stands, although there is such a task. */
  readonly unreadable: (path: string) => { readonly problem: string; readonly hint: string } | undefined;
  /** Paths that were tested before: by the task's own `when`. */
  readonly guards: ReadonlySet<string>;
  /** The expression may be a bare value that can be null. */
  readonly nullable: boolean;
}

/** `offset` into the expression. */
export type Report = (offset: number, problem: string, hint?: string) => void;

/** Checks every name an expression reads, and that what may be missing is tested first. Returns the shape of its value. */
export function checkNames(ast: ASTNode, scope: NameScope, report: Report): Shape {
  const guards = new Set([...scope.guards, ...guardsOf(ast)]);
  return new NameChecker({ ...scope, guards }, ast, report).read(ast, new Map()).shape;
}

interface Read {
  readonly shape: Shape;
  /** A CEL optional: reached by `.?`. */
  readonly optional: boolean;
}

type Locals = ReadonlyMap<string, Shape>;

const unknown: Read = { shape: any, optional: false };
/** What other languages call it. */
const elsewhere = new Map([
  ['len', 'size'],
  ['length', 'size'],
  ['count', 'size'],
  ['includes', 'contains'],
]);
/** Namespaces and type names of CEL itself. */
const celNames = new Set(
  'optional cel google int uint double bool string bytes list map null_type type dyn'.split(' '),
);

class NameChecker {
  readonly #scope: NameScope;
  readonly #whole: ASTNode;
  readonly #report: Report;

  constructor(scope: NameScope, whole: ASTNode, report: Report) {
    this.#scope = scope;
    this.#whole = whole;
    this.#report = report;
  }

  read(ast: ASTNode, locals: Locals): Read {
    switch (ast.op) {
      case 'value':
        return unknown;
      case 'id':
        return this.#variable(ast, ast.args, locals);
      case '.':
      case '.?':
        return this.#field(ast, ast.args[0], ast.args[1], locals);
      case '[]':
      case '[?]':
        return this.#element(ast, ast.args[0], ast.args[1], locals);
      case 'call':
        return this.#call(ast, ast.args[0], ast.args[1], locals);
      case 'rcall':
        return this.#method(ast, locals);
      case '?:': {
        const [condition, yes, no] = ast.args;
        this.read(condition, locals);
        const [left, right] = [this.read(yes, locals), this.read(no, locals)];
        return left.shape.kind === right.shape.kind ? left : unknown;
      }
      default:
        for (const child of children(ast)) this.read(child, locals);
        return unknown;
    }
  }

  #variable(ast: ASTNode, name: string, locals: Locals): Read {
    const shape = locals.get(name) ?? this.#scope.roots.get(name);
    if (shape) return { shape, optional: false };
    if (name === 'target') this.#report(ast.start, 'this playbook has no target', 'write target: cluster');
    else if (!celNames.has(name)) {
      const known = [...locals.keys(), ...this.#scope.roots.keys()];
      this.#report(ast.start, `there is no ${name} here`, didYouMean(name, known));
    }
    return unknown;
  }

  #field(ast: ASTNode, of: ASTNode, name: string, locals: Locals, tested = false): Read {
    const from = this.read(of, locals);
    const optional = from.optional || ast.op === '.?' || ast.op === '[?]';
    const { shape } = from;
    if (shape.kind === 'any') return { shape: any, optional };
    if (shape.kind === 'map') return { shape: shape.values, optional };
    const path = pathOf(ast) ?? name;
    if (shape.kind !== 'object') {
      this.#report(ast.pos, `${pathOf(of) ?? 'this'} is ${nameOfKind(shape)} and has no ${name}`);
      return unknown;
    }
    const field = shape.fields.get(name);
    if (!field) {
      this.#reportMissing(ast, pathOf(of) ?? 'this', name, shape.fields);
      return unknown;
    }
    if (!optional && !tested) this.#checkTested(ast, path, field);
    return { shape: field.shape, optional };
  }

  #reportMissing(ast: ASTNode, of: string, name: string, fields: Fields): void {
    const unreadable = this.#scope.unreadable(`${of}.${name}`);
    if (unreadable) this.#report(ast.pos, unreadable.problem, unreadable.hint);
    else if (of === 'tasks') this.#report(ast.pos, `there is no task ${name}`, didYouMean(name, fields.keys()));
    else if (of === 'inputs') this.#report(ast.pos, `there is no input ${name}`, didYouMean(name, fields.keys()));
    else this.#report(ast.pos, `${of} has no ${name}`, didYouMean(name, fields.keys()));
  }

  #checkTested(ast: ASTNode, path: string, { may }: Field): void {
    if (may === 'exist' || this.#scope.guards.has(path)) return;
    if (may === 'nullable' && (this.#scope.guards.has(`${path} null`) || (this.#scope.nullable && ast === this.#whole)))
      return;
    const last = path.lastIndexOf('.');
    const instead = `${path.slice(0, last)}.?${path.slice(last + 1)}`;
    if (may === 'nullable')
      this.#report(ast.pos, `${path} may be null`, `test it (${path} != null), or read ${instead}`);
    else this.#report(ast.pos, `${path} may be missing`, `test it (has(${path})), or read ${instead}`);
  }

  #element(ast: ASTNode, of: ASTNode, index: ASTNode, locals: Locals): Read {
    if (index.op === 'value' && typeof index.args === 'string') return this.#field(ast, of, index.args, locals);
    const from = this.read(of, locals);
    this.read(index, locals);
    const optional = from.optional || ast.op === '[?]';
    if (from.shape.kind === 'list') return { shape: from.shape.items, optional };
    return { shape: from.shape.kind === 'map' ? from.shape.values : any, optional };
  }

  #call(ast: ASTNode, name: string, args: readonly ASTNode[], locals: Locals): Read {
    const [first] = args;
    if (name === 'has' && first?.op === '.') {
      this.#field(first, first.args[0], first.args[1], locals, true);
      return { shape: { kind: 'boolean' }, optional: false };
    }
    this.#checkFunction(ast, name);
    for (const arg of args) this.read(arg, locals);
    if (first?.op === 'value' && typeof first.args === 'string') this.#checkLiteral(name, first.args, first.start);
    return unknown;
  }

  #method(ast: ASTNode, locals: Locals): Read {
    const loop = loopOf(ast);
    if (loop) {
      const from = this.read(loop.list, locals);
      const inner = new Map(locals).set(loop.variable, itemOf(from.shape));
      const [body] = loop.body.map((part) => this.read(part, inner)).slice(-1);
      if (ast.op !== 'rcall') return unknown;
      if (ast.args[0] === 'filter') return { ...from, optional: false };
      return ast.args[0] === 'map' ? { shape: { kind: 'list', items: body?.shape ?? any }, optional: false } : unknown;
    }
    if (ast.op !== 'rcall') return unknown;
    const [method, receiver, args] = ast.args;
    this.#checkFunction(ast, method);
    if (method === 'bind' && args[0]?.op === 'id' && args[1])
      return this.#bind(args[0].args, args[1], args.slice(2), locals);
    const from = this.read(receiver, locals);
    for (const arg of args) this.read(arg, locals);
    return method === 'orValue' || method === 'value' ? { shape: from.shape, optional: false } : unknown;
  }

  /** `cel.bind(name, value, body)`. */
  #bind(name: string, value: ASTNode, body: readonly ASTNode[], locals: Locals): Read {
    const inner = new Map(locals).set(name, this.read(value, locals).shape);
    return body.map((part) => this.read(part, inner)).at(-1) ?? unknown;
  }

  #checkLiteral(name: string, text: string, offset: number): void {
    const parse = name === 'ms' ? parseDuration : name === 'pgdba_bytes' ? parseBytes : undefined;
    try {
      parse?.(text);
    } catch (thrown) {
      this.#report(offset, describe(thrown), thrown instanceof PgdbaError ? thrown.hint : '');
    }
  }

  #checkFunction(ast: ASTNode, name: string): void {
    if (name === 'matches') {
      const hint = 'use startsWith, endsWith, contains or split';
      this.#report(ast.start, 'matches() is not available: a regular expression can take hours', hint);
    } else if (name !== 'pgdba_bytes' && !functionNames().has(name)) {
      this.#report(ast.start, `there is no function ${name}`, didYouMean(elsewhere.get(name) ?? name, functionNames()));
    }
  }
}

function itemOf(shape: Shape): Shape {
  if (shape.kind === 'list') return shape.items;
  return shape.kind === 'map' || shape.kind === 'object' ? { kind: 'text' } : any;
}

function nameOfKind({ kind }: Shape): string {
  if (kind === 'list' || kind === 'integer') return kind === 'list' ? 'a list' : 'a number';
  return kind === 'number' || kind === 'boolean' ? `a ${kind}` : kind;
}
