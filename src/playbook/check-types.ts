import type { Environment } from '@marcbachmann/cel-js';
import { type CelProblem, newEnvironment, parseProgram } from './cel.ts';
import type { Shape } from './shape.ts';

export const mostExpressions = 5000;

/** The typed CEL environment of one playbook: checks what operators and functions are given. */
export class TypeChecker {
  readonly #environment: Environment;

  /** Of this playbook; each costs a tenth of a millisecond or more. */
  #checked = 0;

  constructor(roots: ReadonlyMap<string, Shape>) {
    this.#environment = newEnvironment({ declared: true });
    declare(this.#environment, roots, '');
  }

  /** May one more be checked? The first that may not is the one to report. */
  admit(): 'yes' | 'no' | 'first-refused' {
    this.#checked += 1;
    if (this.#checked <= mostExpressions) return 'yes';
    return this.#checked === mostExpressions + 1 ? 'first-refused' : 'no';
  }

  /** The CEL type of an expression (`string`, `list<int>`, `dyn`, `optional<string>`, …), or what is wrong with it. */
  check(text: string, locals: ReadonlyMap<string, Shape>): string | CelProblem {
    const found = parseProgram(text, this.#with(locals)).check();
    if (typeof found === 'string' || !isHarmless(found)) return found;
    const untyped = parseProgram(text).check();
    return typeof untyped === 'string' ? untyped : found;
  }

  #with(locals: ReadonlyMap<string, Shape>): Environment {
    if (locals.size === 0) return this.#environment;
    const environment = this.#environment.clone();
    declare(environment, locals, 'loop.');
    return environment;
  }
}

/** `c ? x : null` is how an optional parameter is left out; CEL refuses it only when it knows the type of x. */
function isHarmless({ code, problem }: CelProblem): boolean {
  return code === 'incompatible_ternary_branches' && problem.includes("'null'");
}

/** `prefix` keeps the type of a loop variable `m` from being called `m`: CEL takes such names for placeholders. */
function declare(environment: Environment, variables: ReadonlyMap<string, Shape>, prefix: string): void {
  for (const [name, shape] of variables)
    environment.registerVariable(name, celType(shape, `${prefix}${name}`, environment));
}

/** Registers an object type under the path where it is found, which is how CEL names it in messages. */
function celType(shape: Shape, path: string, environment: Environment): string {
  switch (shape.kind) {
    case 'text':
      return 'string';
    case 'integer':
      return 'int';
    case 'boolean':
      return 'bool';
    case 'list':
      return `list<${celType(shape.items, `${path}.item`, environment)}>`;
    case 'map':
      return `map<string, ${celType(shape.values, `${path}.value`, environment)}>`;
    case 'object': {
      const fields = [...shape.fields.keys()].flatMap((name) => {
        const field = shape.fields.get(name);
        if (!field) return [];
        // Registered although its field is dyn: parts of it may be read after a test.
        const type = celType(field.shape, `${path}.${name}`, environment);
        return [[name, field.may === 'exist' ? type : 'dyn']];
      });
      environment.registerType(path, { fields: Object.fromEntries(fields) });
      return path;
    }
    // A JSON number may enter as int or as double; null and what nobody described can be anything.
    case 'number':
    case 'null':
    case 'any':
      return 'dyn';
  }
}
