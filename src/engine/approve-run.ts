import { PgdbaError } from '../errors/pgdba-error.ts';
import { isSameActor } from '../inventory/same-actor.ts';
import type { Json } from '../journal/record.ts';
import { bindInputs, type Given } from '../playbook/bind-inputs.ts';
import { readForm } from '../playbook/read-form.ts';
import type { EngineParts } from './engine-parts.ts';
import { type OpenApproval, openApprovals } from './open-approvals.ts';
import { unitKey } from './run-state.ts';

export interface Approval {
  /** Full id. */
  readonly run: string;
  /** The task (`task` or `task[item]`) that asked; null when only one has. */
  readonly task: string | null;
  readonly approved: boolean;
  readonly reason: string | null;
  /** Values for the form, as typed. */
  readonly form: ReadonlyMap<string, Given>;
  /** Hash of the plan the approver has looked at, or its beginning; null: not said. */
  readonly plan: string | null;
}

export interface GivenApproval {
  readonly run: string;
  readonly task: string;
  readonly approved: boolean;
  readonly by: string;
  readonly plan: string;
  readonly form: Json;
}

type Parts = Pick<EngineParts, 'store' | 'actor'>;

/**
 * Answers a run that waits for an approval: one synced record, which the next `runs resume` reads.
 * Errors: RUN_UNKNOWN, RUN_ALIVE, NOTHING_TO_APPROVE, APPROVAL_SELF, APPROVAL_EXPIRED, APPROVAL_OTHER_PLAN,
 * INPUT_INVALID, INPUT_MISSING, USAGE (several tasks wait).
 */
export async function approveRun(
  { store, actor }: Parts,
  approval: Approval,
  now: () => number = Date.now,
): Promise<GivenApproval> {
  const { run, approved, reason } = approval;
  const refuse = (asked: OpenApproval): void => refuseUnfit(asked, { actor, approval, now: now() });
  await refuseAlive(store, run);
  refuse(choose(openApprovals(await store.read(run)), approval));
  const journal = await store.open(run);
  try {
    // Somebody may have answered, or another question have come, between the look and the opening.
    const asked = choose(openApprovals(journal.records), approval);
    refuse(asked);
    const { task, item, plan } = asked;
    const form = approved ? bindForm(asked, approval) : {};
    await journal.append({
      type: 'approval.given',
      task,
      ...(item === null ? {} : { item }),
      data: { approved, by: actor, reason, form, plan, at: new Date(now()).toISOString() },
    });
    return { run, task: unitKey(task, item), approved, by: actor, plan, form };
  } finally {
    await journal.close();
  }
}

async function refuseAlive(store: Parts['store'], run: string): Promise<void> {
  const summary = await store.summary(run);
  if (summary?.status !== 'running') return;
  throw new PgdbaError('RUN_ALIVE', {
    facts: { run, pid: summary.pid ?? 0 },
    hint: `it is not waiting yet; see how far it is with: pgdba runs show ${run}`,
  });
}

function choose(open: readonly OpenApproval[], { run, task }: Approval): OpenApproval {
  const fitting = open.filter((asked) => task === null || unitKey(asked.task, asked.item) === task);
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  if (!only) {
    throw new PgdbaError('NOTHING_TO_APPROVE', {
      facts: { run: task === null ? run : `${run}, task ${task},` },
      hint: 'what waits for somebody: pgdba runs approvals --format table',
    });
  }
  const waiting = open.map((asked) => unitKey(asked.task, asked.item));
  throw new PgdbaError('USAGE', {
    facts: { problem: `run ${run} waits in more than one task: ${waiting.join(', ')}` },
    hint: `say which: --task ${waiting[0] ?? ''}`,
  });
}

/** Who may answer, until when, and to what. */
function refuseUnfit(
  asked: OpenApproval,
  { actor, approval, now }: { actor: string; approval: Approval; now: number },
): void {
  const { run, plan } = approval;
  if (approval.approved && isSameActor(asked.requested_by, actor)) {
    throw new PgdbaError('APPROVAL_SELF', {
      facts: { actor, requested_by: asked.requested_by },
      hint: `somebody else does it: pgdba runs approve ${run}; where people share an account, each sets PGDBA_ACTOR`,
    });
  }
  if (Date.parse(asked.expires_at) <= now) {
    throw new PgdbaError('APPROVAL_EXPIRED', {
      facts: { run, expires_at: asked.expires_at },
      hint: `end it with: pgdba runs resume ${run}, and start it again when it is still wanted`,
    });
  }
  if (plan !== null && (plan.length < shortestHash || !asked.plan.startsWith(plan.toLowerCase()))) {
    throw new PgdbaError('APPROVAL_OTHER_PLAN', {
      facts: { run, asked: asked.plan, given: plan },
      hint: `look at it again: pgdba runs show ${run}; \`pgdba runs approvals\` shows the hash it asks about`,
    });
  }
}

/** Fewer characters prove nothing. */
const shortestHash = 8;

function bindForm({ task, form }: OpenApproval, { run, form: given }: Approval): Json {
  const inputs = readForm(form);
  try {
    const bound: Json = JSON.parse(JSON.stringify(bindInputs({ name: task, inputs }, given)));
    return bound;
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError) || thrown.code !== 'INPUT_MISSING') throw thrown;
    // Here an input has no option of its own.
    const name = String(thrown.facts['input']);
    const about = inputs.get(name)?.description ?? '';
    throw new PgdbaError('INPUT_MISSING', {
      facts: { ...thrown.facts, option: `--set ${name}` },
      hint: `pgdba runs approve ${run} --set ${name}=…${about === '' ? '' : ` (${about})`}`,
    });
  }
}
