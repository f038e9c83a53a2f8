import { createHash } from 'node:crypto';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Json } from '../../journal/record.ts';
import { approve, approveTimeout } from '../../playbook/approve.ts';
import { bindParams } from '../../playbook/params.ts';
import { readForm } from '../../playbook/read-form.ts';
import type { DriveContext } from '../drive-context.ts';
import { recordFailure } from '../record-failure.ts';
import { type ApprovalState, isMap } from '../run-state.ts';
import { scopeOf } from '../scope.ts';
import { keyOf, type Performed, type Unit } from '../transition.ts';

/**
 * `approve@1`: asks once, parks the run until somebody has answered, and takes the answer only for what was asked about:
 * when inputs, target or what the run has changed are others by then, it asks anew.
 */
export async function approveTask(drive: DriveContext, unit: Unit): Promise<Performed> {
  const began = performance.now();
  try {
    return await askOrTake(drive, unit);
  } catch (thrown) {
    await recordFailure(drive, unit, thrown, began);
    return null;
  }
}

async function askOrTake(drive: DriveContext, unit: Unit): Promise<Performed> {
  const { task } = unit;
  const scope = scopeOf(drive.parts.journal.run, drive.state, unit);
  if (task.when && task.when.evaluate(scope) !== true) {
    await drive.append({ type: 'task.skipped', task: task.id, data: { why: task.when.text } });
    return null;
  }
  const params = await bindParams(approve, task.with.render(scope));
  const question = String(params['question']);
  const plan = planHash(drive, question);
  const known = drive.state.units.get(keyOf(unit))?.approval ?? null;
  const approval = known?.asked.plan === plan ? known : await ask(drive, unit, params, plan);
  if (approval.given) return take(drive, unit, approval.given);
  const { expires_at } = approval.asked;
  if (Date.parse(expires_at) <= Date.now()) {
    const { run } = drive.parts.journal;
    throw new PgdbaError('APPROVAL_EXPIRED', {
      facts: { run, expires_at },
      hint: 'run it again and have it approved in time',
    });
  }
  return { status: 'waiting', error: waitsFor(drive, unit, approval.asked) };
}

async function ask(
  drive: DriveContext,
  { task }: Unit,
  params: Readonly<Record<string, unknown>>,
  plan: string,
): Promise<ApprovalState> {
  const waits = typeof params['timeout'] === 'number' ? params['timeout'] : approveTimeout;
  const form: Json = JSON.parse(JSON.stringify(params['form'] ?? {}));
  const details = typeof params['details'] === 'string' ? `\n${params['details']}` : '';
  const asked = {
    question: `${String(params['question'])}${details}`,
    form,
    plan,
    requested_by: requesterOf(drive),
    expires_at: new Date(Date.now() + waits).toISOString(),
  };
  await drive.append({ type: 'approval.asked', task: task.id, data: asked });
  return { asked, given: null };
}

async function take(drive: DriveContext, { task }: Unit, given: NonNullable<ApprovalState['given']>): Promise<null> {
  const { by, at, reason, form } = given;
  if (!given.approved) {
    throw new PgdbaError('APPROVAL_REJECTED', {
      facts: { task: task.id, by, why: reason ?? 'no reason was given' },
      hint: 'talk to them; then run it again',
    });
  }
  const out: Json = { by, at, reason, form: isMap(form) ? form : {} };
  const data = { outcome: 'ok', out, error: null, warnings: [], ms: 0 } as const;
  await drive.append({ type: 'task.result', task: task.id, attempt: 1, data });
  return null;
}

/** What the answer is bound to: the playbook, its inputs, its target, and what this run has changed until now. */
function planHash({ state, playbook }: DriveContext, question: string): string {
  const changed = [...state.units.values()].filter(({ firstIntent }) => firstIntent !== null);
  const done = changed.map(({ task, item, outcome, out }) => [task, item, outcome, out]);
  const about = [playbook.sha256, state.inputs, state.target, question, done];
  return createHash('sha256').update(JSON.stringify(about)).digest('hex');
}

function requesterOf({ parts }: DriveContext): string {
  const created = parts.journal.records.find((record) => record.type === 'run.created');
  return created?.type === 'run.created' ? created.data.actor : parts.actor;
}

function waitsFor(drive: DriveContext, { task }: Unit, asked: ApprovalState['asked']): PgdbaError {
  const { question, form, expires_at } = asked;
  const { run } = drive.parts.journal;
  const needed = [...readForm(form).values()].filter((input) => !input.optional && input.default === undefined);
  const answers = needed.map(({ name }) => ` --set ${name}=…`).join('');
  return new PgdbaError('APPROVAL_NEEDED', {
    facts: { task: task.id, question, expires_at },
    hint: `somebody else answers until ${expires_at}: pgdba runs approve ${run}${answers}; then: pgdba runs resume ${run}`,
  });
}
