import { bindParams, evaluateExpressions } from '../playbook/params.ts';
import type { Scope, Template } from '../playbook/template.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import type { AnyParams, AnyStep } from '../step/define-step.ts';
import { placeOf } from '../step/place.ts';

/** Params as they are journaled: rendered, formats applied, expressions evaluated; a secret is its reference. */
export async function renderParams(step: AnyStep, template: Template, scope: Scope): Promise<unknown> {
  return evaluateExpressions(step, await bindParams(step, template.render(scope)), scope);
}

/** The same params with every secret place read: only in memory, only for the verb about to run. */
export async function withSecrets(step: AnyStep, params: unknown, redactor: Redactor): Promise<AnyParams> {
  const resolved = await resolvePlaces(step.params, params, redactor);
  if (isObject(resolved)) return resolved;
  throw new Error(`params of ${step.id} are not a map`);
}

async function resolvePlaces(schema: unknown, value: unknown, redactor: Redactor): Promise<unknown> {
  if (placeOf(schema) === 'secret') return typeof value === 'string' ? resolveSecret(value, redactor) : value;
  if (!isObject(schema) || !isObject(value)) return value;
  if (Array.isArray(value)) {
    return Promise.all(value.map((item) => resolvePlaces(schema['items'], item, redactor)));
  }
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await resolvePlaces(properties[key], item, redactor)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
