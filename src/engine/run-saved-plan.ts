import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Json } from '../journal/record.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import type { Plan } from './plan.ts';
import { planDifference } from './plan-difference.ts';
import { planRun } from './plan-run.ts';
import type { RunReport } from './report.ts';
import { childrenOf } from './saved-plan.ts';
import type { SavedPlan } from './saved-plan-schema.ts';
import { type RunOrder, startRun } from './start-run.ts';

/** A plan as it was read, and the file for messages. */
export interface PlanFile {
  readonly file: string;
  readonly saved: SavedPlan;
}

/** The order that a plan stands for: its playbook, inputs, target and overrides; consent and reason are the caller's. */
export function orderOfPlan(
  { file, saved }: PlanFile,
  playbook: Playbook,
  given: Pick<RunOrder, 'consent' | 'reason' | 'journal' | 'target'>,
): RunOrder {
  requireSamePlaybook({ file, saved }, playbook);
  const { name, named } = given.target;
  if (named && name !== saved.cluster) {
    throw new PgdbaError('PLAN_INVALID', {
      facts: { file, problem: `it is about ${saved.cluster ?? 'no cluster'}, not ${name}` },
      hint: saved.cluster === null ? 'leave --name out' : `say --name ${saved.cluster}, or leave it out`,
    });
  }
  const inputs: Record<string, Json> = JSON.parse(JSON.stringify(saved.inputs));
  return {
    ...given,
    playbook,
    inputs,
    target: { name: saved.cluster, named, planned: true, patroni_url: null, provider: saved.provider },
    overrides: new Map(Object.entries(saved.overrides)),
    plan: saved.hash,
  };
}

/** Plans again. `changed` (PLAN_CHANGED): what is different from the saved plan; null: nothing. */
export async function planAgain(
  parts: EngineParts,
  order: RunOrder,
  plan: PlanFile,
  attendance: Pick<Attendance, 'observer' | 'signal'>,
): Promise<{ readonly now: Plan; readonly changed: PgdbaError | null }> {
  const now = await planRun(parts, order, attendance);
  const [difference, ...more] = planDifference(plan.saved, now);
  return { now, changed: difference === undefined ? null : changedSince(plan, difference, more) };
}

/**
 * Carries a saved plan out when the world is still as it was planned for. Whatever moves between this look and the
 * lease, the run's own prechecks and checks meet.
 * Errors: PLAN_CHANGED, and those of startRun.
 */
export async function runSavedPlan(
  parts: EngineParts,
  order: RunOrder,
  plan: PlanFile,
  attendance: Attendance,
): Promise<RunReport> {
  const { changed } = await planAgain(parts, order, plan, attendance);
  if (changed) throw changed;
  return startRun(parts, order, attendance);
}

function requireSamePlaybook({ file, saved }: PlanFile, playbook: Playbook): void {
  const { name, version, sha256, children, from } = saved.playbook;
  const refuse = (difference: string) => {
    const hint = `plan it as it is now: pgdba run ${from} --check --out ${file}, with the inputs that ${file} shows`;
    throw new PgdbaError('PLAN_CHANGED', { facts: { file, difference }, hint });
  };
  if (name !== playbook.name) refuse(`it is a plan of ${name}, not of ${playbook.name}`);
  if (sha256 !== playbook.sha256) {
    const versions = version === playbook.version ? '' : ` (${version}, now ${playbook.version})`;
    refuse(`playbook ${name} has been edited since${versions}`);
  }
  const edited = childrenOf(playbook).find((child, at) => child.sha256 !== children[at]?.sha256);
  if (edited) refuse(`playbook ${edited.name}, which it starts, has been edited since`);
}

function changedSince({ file, saved }: PlanFile, difference: string, more: readonly string[]): PgdbaError {
  return new PgdbaError('PLAN_CHANGED', {
    facts: { file, difference, ...(more.length > 0 ? { more } : {}), planned_at: saved.made_at },
    hint: `look at what would be done now, and save that: pgdba run --plan ${file} --check --out ${file}`,
  });
}
