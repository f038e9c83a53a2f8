import { PgdbaError } from '../errors/pgdba-error.ts';
import { parseBytes } from '../formats/bytes.ts';
import { parseDuration } from '../formats/duration.ts';
import { parseLsn } from '../formats/lsn.ts';
import { parseTimestamp } from '../formats/timestamp.ts';
import { secretReference } from '../secrets/resolve.ts';
import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Place } from '../step/place.ts';
import { mapPlaces } from './places.ts';
import type { Scope } from './template.ts';

/** A step, a probe, or what the engine itself takes parameters for. */
type Parametrised = Pick<AnyStep, 'id' | 'version' | 'params'>;

/**
 * Rendered `with` → params of the step: the text of bytes, durations, timestamps and positions becomes their value; a
 * secret stays a reference, an expression its text. Errors: PARAMS_INVALID, with `param` naming the place.
 */
export async function bindParams(step: Parametrised, rendered: unknown): Promise<Record<string, unknown>> {
  const params = mapPlaces(step.params, rendered ?? {}, (place, value, path) => readPlace(step, place, value, path));
  const problem = await firstProblem(step.params, params);
  if (problem) throw invalid(step, problem.path, problem.problem, problem.hint);
  return params as Record<string, unknown>;
}

/** Every place of `params` that holds an expression: where it is and its text. */
export function expressionPlaces(step: AnyStep, params: unknown): { path: string; text: string }[] {
  const found: { path: string; text: string }[] = [];
  mapPlaces(step.params, params, (place, value, path) => {
    if (place === 'expression' && typeof value === 'string') found.push({ path, text: value });
    return value;
  });
  return found;
}

/** Bound params with the text of every expression replaced by its value. Errors: EXPRESSION_FAILED. */
export async function evaluateExpressions<T>(step: AnyStep, params: T, scope: Scope): Promise<T> {
  if (expressionPlaces(step, params).length === 0) return params;
  const { compileExpression } = await expressions();
  return mapPlaces(step.params, params, (place, value) => {
    return place === 'expression' && typeof value === 'string'
      ? (compileExpression(value).evaluate(scope) ?? null)
      : value;
  }) as T;
}

/** What a step answered, or what a journal says it answered, against the step's schema. Errors: STEP_ANSWER_INVALID. */
export async function validateResult(
  step: AnyStep | AnyProbe,
  part: 'result' | 'memo' | 'receipt',
  value: unknown,
): Promise<void> {
  const schema = schemaOf(step, part);
  const problem = schema && (await firstProblem(schema, value));
  if (!problem) return;
  const where = problem.path === '' ? part : `${part}.${problem.path}`;
  throw new PgdbaError('STEP_ANSWER_INVALID', {
    facts: { step: `${step.id}@${step.version}`, what: part, problem: `${where} ${problem.problem}` },
    hint: 'this is a defect of the step, or the journal was written by another version of it',
  });
}

/** Makes ready what the functions above need for this step, so that none of it is done while clients are held. */
export async function warmUp(step: AnyStep): Promise<void> {
  const { compileSchema } = await validator();
  compileSchema(step.params);
  for (const part of ['result', 'memo', 'receipt'] as const) {
    const schema = schemaOf(step, part);
    if (schema) compileSchema(schema);
  }
}

function schemaOf(step: AnyStep | AnyProbe, part: 'result' | 'memo' | 'receipt'): object | undefined {
  if (part === 'result') return step.result;
  if (part === 'memo') return 'memo' in step ? step.memo : undefined;
  return 'receipt' in step ? step.receipt : undefined;
}

// import() asks the loader anew each time, which costs more than most of what is validated.
let validatorModule: Promise<typeof import('./validator.ts')> | undefined;
let expressionModule: Promise<typeof import('./expression.ts')> | undefined;

function validator() {
  validatorModule ??= import('./validator.ts');
  return validatorModule;
}

function expressions() {
  expressionModule ??= import('./expression.ts');
  return expressionModule;
}

async function firstProblem(schema: object, value: unknown) {
  const { schemaProblems } = await validator();
  const [first] = schemaProblems(schema, value);
  return first && { ...first, path: first.path.join('.') };
}

function readPlace(step: Parametrised, place: Place, value: unknown, path: string): unknown {
  if (place === 'secret' && typeof value === 'string' && !secretReference.test(value)) {
    throw invalid(step, path, 'must be a reference to a secret', 'use env:NAME, file:PATH or command:PROGRAM');
  }
  if (typeof value !== 'string') return value;
  try {
    return readers[place](value);
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    throw invalid(step, path, thrown.message, thrown.hint);
  }
}

/** How the text of each place is read. */
export const readers: Readonly<Record<Place, (text: string) => unknown>> = {
  bytes: parseBytes,
  duration: parseDuration,
  timestamp: parseTimestamp,
  lsn: parseLsn,
  member: (text) => text,
  secret: (text) => text,
  expression: (text) => text,
};

function invalid(step: Parametrised, param: string, problem: string, hint: string): PgdbaError {
  return new PgdbaError('PARAMS_INVALID', {
    facts: { step: `${step.id}@${step.version}`, param, problem: param === '' ? problem : `${param}: ${problem}` },
    hint: hint || `\`pgdba step show ${step.id}\` lists the parameters`,
  });
}
