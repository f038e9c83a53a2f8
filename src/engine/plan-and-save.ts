import type { Attendance, EngineParts } from './engine-parts.ts';
import type { Plan } from './plan.ts';
import { planRun } from './plan-run.ts';
import { type PlanFile, planAgain } from './run-saved-plan.ts';
import { savePlan } from './saved-plan.ts';
import type { RunOrder } from './start-run.ts';

/**
 * `--check` as it is asked for on the command line: of an order, or of a saved plan, which is refused (PLAN_CHANGED) when
 * the world is another one, unless it is to be saved anew. A run that would be refused is not saved.
 * Errors: those of planRun, PLAN_NOT_WRITTEN.
 */
export async function planAndSave(
  parts: EngineParts,
  order: RunOrder,
  { plan, out }: { readonly plan: PlanFile | null; readonly out: string | null },
  attendance: Pick<Attendance, 'observer' | 'signal'>,
): Promise<Plan & { readonly saved: { readonly file: string; readonly hash: string } | null }> {
  const { now, changed } =
    plan === null
      ? { now: await planRun(parts, order, attendance), changed: null }
      : await planAgain(parts, order, plan, attendance);
  if (out === null) return { ...now, refusal: changed?.toData() ?? now.refusal, saved: null };
  if (now.refusal !== null) return { ...now, saved: null };
  return { ...now, saved: { file: out, hash: await savePlan(parts, order, now, out) } };
}
