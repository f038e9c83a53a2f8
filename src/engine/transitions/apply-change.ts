import { asPgdbaError, describe, PgdbaError } from '../../errors/pgdba-error.ts';
import type { FenceMark } from '../../journal/record.ts';
import type { Change, NotDone, Pending, Satisfied, Unknown } from '../../step/answers.ts';
import type { AnyParams, AnyStep } from '../../step/define-step.ts';
import type { Look } from '../../step/look.ts';
import type { DriveContext } from '../drive-context.ts';
import { lend } from '../lend.ts';
import { place } from '../place.ts';
import { plainReceipt, plainResult } from '../plain-result.ts';
import { unitKey } from '../run-state.ts';
import { settle, settleTimes } from '../settle.ts';
import type { Verb } from '../verb.ts';

/** How long the last look may take when the task's own time is over. */
const lastLookMs = 15_000;

export type Verdict =
  | { readonly is: 'satisfied'; readonly result: unknown }
  /** Proved that it did not happen. */
  | { readonly is: 'not-done'; readonly why: string; readonly error?: PgdbaError }
  /** It happened differently, or the step cannot go on. */
  | { readonly is: 'failed'; readonly error: PgdbaError }
  /** `waited`: it could be looked at, and did not show in the time it has. */
  | { readonly is: 'unknown'; readonly why: string; readonly waited?: true };

/**
 * Applies a change whose intent is journaled, and records the verdict. What apply returned or threw is evidence; the
 * world is the verdict: after an exception the step still looks, and an exception that did not matter stays as a warning.
 */
export async function applyChange(
  drive: DriveContext,
  verb: Verb,
  memo: unknown,
  began: number,
  cancelled: AbortSignal,
): Promise<void> {
  const account = (receipt: unknown) => accountFor(drive, verb, receipt);
  const { thrown, verdict } = await applyAndJudge(drive, verb, memo, cancelled, account);
  await recordVerdict(drive, verb, verdict, thrown, began);
}

/** Applies, then looks. `account`: what is done with the receipt of an apply that returned; answers what verify gets. */
export async function applyAndJudge(
  drive: DriveContext,
  verb: Verb,
  memo: unknown,
  cancelled: AbortSignal,
  account: (receipt: unknown) => Promise<unknown>,
): Promise<{ readonly thrown: unknown; readonly verdict: Verdict }> {
  const { thrown, receipt } = await tryApply(drive, verb, memo, account);
  if (thrown !== undefined && (cancelled.aborted || asPgdbaError(thrown).class === 'journal')) throw thrown;
  const looking = { ...verb, signal: lookingSignal(verb, thrown, cancelled) };
  const verdict = isStillAtWork(thrown) ? tooEarly : await judge(drive, looking, memo, receipt);
  return { thrown, verdict };
}

/** What goes on in a server may change the world after any look at it. */
function isStillAtWork(thrown: unknown): boolean {
  return thrown instanceof PgdbaError && thrown.code === 'STATEMENT_ALIVE';
}

const tooEarly: Verdict = { is: 'unknown', why: 'no look at the world says how that will end' };

/** The task.result of a verdict. `thrown`: what apply threw, undefined when it returned. */
export async function recordVerdict(
  drive: DriveContext,
  verb: Verb,
  verdict: Verdict,
  thrown: unknown,
  began: number,
): Promise<void> {
  const ms = () => Math.round(performance.now() - began);
  if (verdict.is === 'satisfied') {
    const out = await plainResult(drive, verb.step, verdict.result);
    const fence = await standsNow(drive, verb);
    const warnings = thrown === undefined ? [] : [describe(thrown)];
    await drive.append({
      type: 'task.result',
      ...place(verb),
      data: { outcome: 'changed', out, error: null, warnings, ms: ms(), ...(fence ? { fence } : {}) },
    });
    return;
  }
  const outcome = verdict.is === 'unknown' ? 'unknown' : 'failed';
  const error = failure(verb, verdict, thrown).toData();
  await drive.append({
    type: 'task.result',
    ...place(verb),
    data: { outcome, not_done: verdict.is === 'not-done', out: null, error, warnings: [], ms: ms() },
  });
}

/** A step that moves the timeline raises the fence: what comes after it is compared with where it led. */
async function standsNow(drive: DriveContext, { step, signal }: Verb): Promise<FenceMark | null> {
  if (step.effect !== 'once' || step.moves !== 'timeline') return null;
  return (await drive.parts.fence?.read(signal)) ?? null;
}

/** Looks until the step knows: it happened, it did not, it happened differently, or nobody can tell. */
export async function judge(drive: DriveContext, verb: Verb, memo: unknown, receipt: unknown): Promise<Verdict> {
  const { step, task, item, signal } = verb;
  const longest = verb.step.settle?.within ? Number.POSITIVE_INFINITY : lastLookMs;
  try {
    return await settle<Verdict>(
      () => lend(drive, verb, async (act) => asVerdict(await verify(step, act, memo, receipt))),
      settleTimes(step, longest),
      signal,
      (why) =>
        drive.parts.observer.onProgress({ task, item, note: `verifying: ${why}`, done: null, total: null, unit: null }),
    );
  } catch (thrown) {
    const error = asPgdbaError(thrown);
    if (error.class === 'journal') throw thrown;
    if (error.code === 'WAIT_TIMEOUT') return waitedInVain(step, String(error.facts['why']));
    const cannotLook = error.class === 'transient' || error.class === 'timeout' || signal.aborted;
    return cannotLook ? { is: 'unknown', why: error.message } : { is: 'failed', error };
  }
}

/** A state that does not show was not made; an event that is still pending may yet happen. */
function waitedInVain(step: AnyStep, why: string): Verdict {
  return step.effect === 'once' ? { is: 'unknown', why, waited: true } : { is: 'not-done', why };
}

/** Before anything else is done: the hold's time counts from now, and an event's receipt is its only trace. */
async function accountFor(drive: DriveContext, verb: Verb, returned: unknown): Promise<unknown> {
  const { step } = verb;
  if (step.effect === 'hold') drive.holds.reached(unitKey(verb.task, verb.item));
  if (step.effect !== 'once') return undefined;
  const receipt = await plainReceipt(drive, step, returned);
  await drive.append({ type: 'task.receipt', ...place(verb), data: { receipt } });
  return receipt;
}

async function tryApply(
  drive: DriveContext,
  verb: Verb,
  memo: unknown,
  account: (receipt: unknown) => Promise<unknown>,
) {
  const { step } = verb;
  try {
    const returned = await lend(drive, verb, async (act) =>
      step.effect === 'none' ? undefined : step.apply(act, memo),
    );
    return { thrown: undefined, receipt: await account(returned) };
  } catch (thrown) {
    return { thrown: thrown ?? new Error('apply threw nothing'), receipt: undefined };
  }
}

type Answer = Satisfied<unknown> | Change<unknown> | Pending | NotDone | Unknown;

function verify(step: AnyStep, look: Look<AnyParams>, memo: unknown, receipt: unknown): Promise<Answer> {
  return step.effect === 'once' ? step.verify(look, memo, receipt) : step.check(look);
}

/** `change` right after apply is a state on its way, until the settle time is over. */
function asVerdict(answer: Answer): Verdict | Pending {
  return answer.is === 'change' ? { is: 'pending', why: `still to do: ${answer.summary}` } : answer;
}

/** After an exception the task's own time may be over, so the last look has a time of its own. */
function lookingSignal(verb: Verb, thrown: unknown, cancelled: AbortSignal): AbortSignal {
  return thrown === undefined ? verb.signal : AbortSignal.any([cancelled, AbortSignal.timeout(lastLookMs)]);
}

function failure(verb: Verb, verdict: Exclude<Verdict, { is: 'satisfied' }>, thrown: unknown): PgdbaError {
  if (verdict.is === 'failed') return verdict.error;
  if (verdict.is === 'not-done') {
    if (thrown !== undefined) return asPgdbaError(thrown);
    if (verdict.error) return verdict.error;
    return new PgdbaError(verb.step.effect === 'once' ? 'NOT_DONE' : 'NOT_VERIFIED', {
      facts: { task: verb.task, why: verdict.why },
      hint: 'look at the log of the server concerned, then run it again',
    });
  }
  const problem = thrown === undefined ? verdict.why : `${describe(thrown)}; and looking again: ${verdict.why}`;
  return new PgdbaError('TASK_UNKNOWN_OUTCOME', {
    facts: { task: verb.task, problem },
    hint: 'make the server reachable again and look at what happened there',
    cause: thrown,
  });
}
