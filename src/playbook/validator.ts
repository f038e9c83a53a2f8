import { Ajv, type ErrorObject } from 'ajv';
import ajvFormats from 'ajv-formats';
import { placeKey } from '../step/place.ts';
import { didYouMean } from './decode.ts';

export interface SchemaProblem {
  /** Keys and list positions from the value's root. */
  readonly path: readonly string[];
  readonly problem: string;
  readonly hint: string;
}

/** What keeps a value from fitting a JSON schema; compiled once per schema object. */
export function schemaProblems(schema: object, value: unknown): SchemaProblem[] {
  const validate = ajv.compile(schema);
  if (validate(value)) return [];
  return withoutVariants(validate.errors ?? []).map(problemOf);
}

/** Compiles a schema before it is needed: the first use costs milliseconds, and clients may be waiting by then. */
export function compileSchema(schema: object): void {
  ajv.compile(schema);
}

const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
ajv.addKeyword(placeKey);
ajvFormats.default(ajv);

/** A union reports every branch that did not fit; only its own verdict is of use. */
function withoutVariants(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors
    .filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
    .map(({ schemaPath }) => `${schemaPath}/`);
  return errors.filter(({ schemaPath }) => !unions.some((union) => schemaPath.startsWith(union)));
}

function problemOf({ keyword, params, message, instancePath, schema, parentSchema }: ErrorObject): SchemaProblem {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  switch (keyword) {
    case 'required':
      return { path, problem: `${params['missingProperty']} is missing`, hint: '' };
    case 'additionalProperties': {
      const known = Object.keys(parentSchema?.['properties'] ?? {});
      const key = String(params['additionalProperty']);
      return { path: [...path, key], problem: `unknown key ${key}`, hint: didYouMean(key, known) };
    }
    case 'type':
      return { path, problem: `must be ${[params['type']].flat().map(nameOfType).join(' or ')}`, hint: '' };
    case 'enum':
      return { path, problem: `must be one of ${[params['allowedValues']].flat().join(', ')}`, hint: '' };
    case 'const':
      return { path, problem: `must be ${params['allowedValue']}`, hint: '' };
    case 'anyOf':
      return { path, problem: `must be ${variants(schema)}`, hint: '' };
    default:
      return { path, problem: message ?? `does not fit ${keyword}`, hint: '' };
  }
}

function variants(schema: unknown): string {
  const forms: unknown[] = Array.isArray(schema) ? schema : [];
  return forms.map(nameOfSchema).join(' or ') || 'something else';
}

function nameOfSchema(schema: unknown): string {
  if (schema === null || typeof schema !== 'object') return 'something else';
  if ('const' in schema) return String(schema.const);
  return 'type' in schema ? [schema.type].flat().map(nameOfType).join(' or ') : 'something else';
}

function nameOfType(type: unknown): string {
  const names: Record<string, string> = {
    string: 'text',
    integer: 'an integer',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
  };
  return names[String(type)] ?? String(type);
}
