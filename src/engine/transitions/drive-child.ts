import { ulid } from 'ulid';
import { type ErrorData, PgdbaError } from '../../errors/pgdba-error.ts';
import type { FenceMark, Json } from '../../journal/record.ts';
import { bindChildInputs } from '../../playbook/bind-inputs.ts';
import type { Playbook } from '../../playbook/playbook.ts';
import type { Scope } from '../../playbook/template.ts';
import type { DriveContext } from '../drive-context.ts';
import { type EndedState, isMap, type UnitState } from '../run-state.ts';
import { keyOf, type Performed, type Unit } from '../transition.ts';
import { askFirst } from './ask-first.ts';

/**
 * `uses: playbook:PATH`: the intent holds the id of the child run, so that whoever resumes this run drives the same
 * child. The child's own journal says what became of it.
 */
export async function driveChild(
  drive: DriveContext,
  unit: Unit,
  scope: Scope,
  signal: AbortSignal,
): Promise<Performed> {
  const { task, item } = unit;
  const began = performance.now();
  const playbook = drive.playbook.children.get(task.uses);
  if (!playbook) throw new Error(`${task.uses} was not loaded with its parent`);
  const known = drive.state.units.get(keyOf(unit));
  const open = known && isOpen(known) ? known.child : null;
  const inputs = open === null ? inputsOf(playbook, task.with.render(scope), task.id) : asMap(known?.params ?? null);
  const run = open ?? ulid();
  if (open === null) {
    await askFirst(drive, unit, scope, signal);
    await drive.parts.lease?.assertHeld();
    const fence = (await drive.parts.fence?.assertUnmoved(drive.state.fence, signal)) ?? null;
    await drive.append({
      type: 'task.intent',
      ...placeOf(unit, (known?.attempt ?? 0) + 1),
      data: {
        uses: task.uses,
        params: inputs,
        memo: {},
        pivot: task.pivot,
        hold: false,
        child: run,
        ...(fence ? { fence } : {}),
      },
    });
  }
  const order = { run, playbook, inputs, task: task.id, item: item?.key ?? null };
  const { left, fence } = await drive.parts.children.drive(drive, order, signal);
  if ('parked' in left) {
    if (signal.aborted) throw signal.reason;
    return { status: left.parked.status, error: parkedChild(drive, left.error) };
  }
  await recordChild(drive, unit, { run, ended: left.ended, fence, began });
  return null;
}

/** It was begun and can be gone on with: not proved to have left nothing behind. */
function isOpen({ child, outcome, notDone }: UnitState): boolean {
  return child !== null && (outcome === null || ((outcome === 'failed' || outcome === 'unknown') && !notDone));
}

async function recordChild(
  drive: DriveContext,
  unit: Unit,
  { run, ended, fence, began }: { run: string; ended: EndedState; fence: FenceMark | null; began: number },
): Promise<void> {
  const at = placeOf(unit, drive.state.units.get(keyOf(unit))?.attempt ?? 1);
  const ms = Math.round(performance.now() - began);
  const moved = fence ? { fence } : {};
  if (ended.status === 'succeeded') {
    const outcome = ended.changed ? 'changed' : 'ok';
    const data = { outcome, out: ended.outputs, error: null, warnings: [], ms, ...moved } as const;
    return void (await drive.append({ type: 'task.result', ...at, data }));
  }
  const error = new PgdbaError('CHILD_FAILED', {
    facts: { run, task: keyOf(unit), status: ended.status, problem: ended.error?.error ?? 'it says no reason' },
    hint: ended.error?.hint || `see what it did: pgdba runs show ${run}`,
  }).toData();
  const notDone = !ended.changed;
  const data = { outcome: 'failed', not_done: notDone, out: null, error, warnings: [], ms, ...moved } as const;
  await drive.append({ type: 'task.result', ...at, data });
}

function inputsOf(playbook: Playbook, rendered: unknown, task: string): Readonly<Record<string, Json>> {
  return JSON.parse(JSON.stringify(bindChildInputs(playbook, rendered, task)));
}

function parkedChild({ parts }: DriveContext, { code, facts, hint }: ErrorData): PgdbaError {
  const resume = `pgdba runs resume ${parts.journal.run}`;
  return new PgdbaError(code, { facts, hint: hint ? `${hint}; then: ${resume}` : `go on with: ${resume}` });
}

function placeOf({ task, item }: Unit, attempt: number) {
  return { task: task.id, ...(item ? { item: item.key } : {}), attempt };
}

function asMap(value: Json): Readonly<Record<string, Json>> {
  return isMap(value) ? value : {};
}
