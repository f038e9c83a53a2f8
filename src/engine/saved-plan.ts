import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import { canonicalJson } from '../formats/canonical-json.ts';
import { createPrivate } from '../journal/private-file.ts';
import { packageRoot } from '../playbook/package-root.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Plan } from './plan.ts';
import { type SavedPlan, savedPlanSchema } from './saved-plan-schema.ts';
import type { RunOrder } from './start-run.ts';

const mostBytes = 64 * 1024 * 1024;

/**
 * Writes the plan as a file that only its owner can read, and answers its hash; a file of that name is replaced.
 * Errors: PLAN_NOT_WRITTEN.
 */
export async function savePlan(
  { version, actor, redactor }: Pick<EngineParts, 'version' | 'actor' | 'redactor'>,
  { playbook, inputs, target, overrides }: Pick<RunOrder, 'playbook' | 'inputs' | 'target' | 'overrides'>,
  { refusal: _, playbook: __, version: ___, ...plan }: Plan,
  file: string,
  now: () => Date = () => new Date(),
): Promise<string> {
  const content = {
    apiVersion: 'pgdba/v1',
    kind: 'Plan',
    pgdba: version,
    playbook: { ...identity(playbook), from: placeOf(playbook), children: childrenOf(playbook) },
    inputs,
    overrides: Object.fromEntries(overrides),
    cluster: nameIn(plan.target),
    provider: target.provider,
    ...plan,
    made_at: now().toISOString(),
    actor,
  };
  const safe: object = JSON.parse(redactor.redact(JSON.stringify(content)));
  const hash = hashOf(safe);
  await write(file, `${JSON.stringify({ ...safe, hash }, null, 2)}\n`);
  return hash;
}

/** Errors: PLAN_INVALID for what is no plan, was edited, or is of another major version of pgdba. */
export async function readPlan(file: string, version: string): Promise<SavedPlan> {
  const plan = await parsePlan(file);
  if (hashOf(plan) !== plan.hash) throw invalid(file, 'it was changed after pgdba had written it');
  if (major(plan.pgdba) !== major(version)) {
    throw invalid(file, `pgdba ${plan.pgdba} made it, and this is pgdba ${version}`);
  }
  return plan;
}

/** Name, version and sha256 of the playbooks of all child runs, in the order of the tasks. */
export function childrenOf(playbook: Playbook): SavedPlan['playbook']['children'] {
  return [...playbook.children.values()].flatMap((child) => [identity(child), ...childrenOf(child)]);
}

function identity({ name, version, sha256 }: Playbook) {
  return { name, version, sha256 };
}

/** What `pgdba run` takes to find it again, from any directory. */
function placeOf({ name, file }: Playbook): string {
  const place = resolve(file);
  return place === join(packageRoot(), 'playbooks', `${name}.yaml`) ? name : place;
}

function nameIn(target: unknown): string | null {
  if (target === null || typeof target !== 'object' || !('name' in target)) return null;
  return typeof target.name === 'string' ? target.name : null;
}

function hashOf(plan: object): string {
  const { hash: _, made_at: __, actor: ___, ...content }: Record<string, unknown> = { ...plan };
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

async function parsePlan(file: string): Promise<SavedPlan> {
  const { schemaProblems } = await import('../playbook/validator.ts');
  const plan: SavedPlan = parse(file, await text(file));
  const [problem] = schemaProblems(savedPlanSchema, plan);
  if (!problem) return plan;
  const where = problem.path.length > 0 ? `${problem.path.join('.')} ` : '';
  throw invalid(file, `it is not a plan of pgdba: ${where}${problem.problem}`);
}

async function text(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > mostBytes) throw invalid(file, `it has ${size} bytes`);
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof PgdbaError) throw thrown;
    throw invalid(file, systemCode(thrown) === 'ENOENT' ? 'there is no such file' : describe(thrown));
  }
}

function parse(file: string, source: string): SavedPlan {
  try {
    return JSON.parse(source);
  } catch {
    throw invalid(file, 'it is not JSON');
  }
}

async function write(file: string, content: string): Promise<void> {
  const beside = `${file}.${randomUUID()}`;
  try {
    createPrivate(beside, content);
    await rename(beside, file);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw new PgdbaError('PLAN_NOT_WRITTEN', {
      facts: { file, problem: describe(thrown) },
      hint: 'name a file in a directory that is there and that you may write into: --out FILE',
      cause: thrown,
    });
  }
}

function major(version: string): string {
  return version.split('.', 1)[0] ?? version;
}

function invalid(file: string, problem: string): PgdbaError {
  return new PgdbaError('PLAN_INVALID', {
    facts: { file, problem },
    hint: `make a plan with: pgdba run PLAYBOOK --check --out ${file}`,
  });
}
