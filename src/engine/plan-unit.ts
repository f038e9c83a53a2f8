import { PgdbaError } from '../errors/pgdba-error.ts';
import { formatDuration } from '../formats/duration.ts';
import type { Json } from '../journal/record.ts';
import type { Task } from '../playbook/playbook.ts';
import type { Scope } from '../playbook/template.ts';
import type { Change } from '../step/answers.ts';
import type { AnyStep } from '../step/define-step.ts';
import { lend } from './lend.ts';
import { renderParams } from './params.ts';
import { plainResult } from './plain-result.ts';
import type { Known } from './plan-knowledge.ts';
import type { Found } from './plan-row.ts';
import { type PlanSite, refuseGuess } from './plan-site.ts';
import type { Verb } from './verb.ts';

/** null: nothing is known of its result. */
export interface Learned {
  readonly found: Found;
  readonly known: Known | null;
}

/**
 * Asks one step's check. Observers look at the world as it is, so not after something would have changed it; checks of
 * changes are asked all the same: they say what is to do as far as it can be seen now.
 * Errors: NotKnown, those of rendering and of the check, TASK_TIMEOUT, and where nobody can look TASK_UNKNOWN_OUTCOME.
 */
export async function planUnit(site: PlanSite, task: Task, item: string | null, scope: Scope): Promise<Learned> {
  const { drive, knowledge, foresight } = site;
  const step = drive.step(task);
  refuseGuess(knowledge, task.with.source);
  const params = await renderParams(step, task.with, scope);
  if (step.effect === 'none' && foresight.changed !== null) {
    return { found: { is: 'unknown', summary: `looks at the world after ${foresight.changed}` }, known: null };
  }
  const overtime = AbortSignal.timeout(task.timeout);
  const signal = AbortSignal.any([site.signal, overtime]);
  try {
    return await ask(site, task, { step, task: task.id, item, attempt: 1, params, signal });
  } catch (thrown) {
    if (!overtime.aborted || site.signal.aborted) throw thrown;
    throw new PgdbaError('TASK_TIMEOUT', {
      facts: { task: task.id, timeout: formatDuration(task.timeout) },
      hint: 'look at the servers, or give the task more time',
      cause: thrown,
    });
  }
}

async function ask(site: PlanSite, task: Task, verb: Verb): Promise<Learned> {
  const { drive, foresight, prefix } = site;
  const { step, params } = verb;
  const rendered: Json = JSON.parse(JSON.stringify(params ?? null));
  const answer = await lend(drive, verb, (look) => step.check(look));
  switch (answer.is) {
    case 'satisfied': {
      const out = await plainResult(drive, step, answer.result);
      return alreadySo(site, task, step, { out, params: rendered });
    }
    case 'change': {
      foresight.mark(`${prefix}${task.id}`);
      if (step.effect === 'hold') site.holds.add(task.id);
      const { summary, diff, predicted } = answer;
      return {
        found: { is: 'change', summary, diff, with: rendered, predicted: predicted ?? null },
        known: foreseen(step, answer),
      };
    }
    case 'pending':
      if (step.effect !== 'none') foresight.mark(`${prefix}${task.id}`);
      return { found: { is: 'unknown', summary: `would wait: ${answer.why}` }, known: null };
    case 'unknown':
      throw new PgdbaError('TASK_UNKNOWN_OUTCOME', {
        facts: { task: task.id, problem: answer.why },
        hint: 'make the server reachable again, then look again',
      });
  }
}

/** A task that ends a hold has nothing to do now, because the hold is not there yet. */
function alreadySo(
  { foresight, holds }: PlanSite,
  { releases }: Task,
  { effect }: AnyStep,
  { out, params }: { readonly out: Json; readonly params: Json },
): Learned {
  if (releases !== null && holds.has(releases)) {
    const found: Found = { is: 'change', summary: `end the hold of ${releases}`, with: params };
    return { found, known: { status: 'changed', changed: true, whole: false } };
  }
  const known: Known = { status: 'ok', changed: false, out, whole: true };
  if (effect === 'none') return { found: { is: 'ok', summary: '' }, known };
  return {
    found: { is: 'ok', summary: foresight.changed === null ? 'already so' : 'already so, as it is now' },
    known,
  };
}

/** What a prediction leaves out is not known; that the task changed something is. */
function foreseen(step: AnyStep, { predicted }: Change<unknown>): Known {
  const changed = { status: 'changed', changed: true } as const;
  if (predicted === undefined) return { ...changed, whole: false };
  const told = predicted !== null && typeof predicted === 'object' ? predicted : {};
  const names = Object.keys(step.result['properties'] ?? {});
  return { ...changed, out: predicted, whole: names.every((name) => Object.hasOwn(told, name)) };
}
