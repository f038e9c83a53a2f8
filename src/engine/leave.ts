import { PgdbaError } from '../errors/pgdba-error.ts';
import { formatDuration } from '../formats/duration.ts';
import type { DriveContext, Left } from './drive-context.ts';
import { nextRelease } from './hold-span.ts';
import type { ParkedState, UnitState } from './run-state.ts';
import { unitKey } from './run-state.ts';
import { releaseHold } from './transitions/release-hold.ts';

/** Leaves the run to a later drive; whatever it held is released first. */
export async function park(context: DriveContext, status: ParkedState['status'], error: PgdbaError): Promise<Left> {
  await releaseAll(context, `the run is left: ${status}`);
  await context.probes.after(context, true);
  const data = error.toData();
  await context.append({ type: 'run.parked', data: { why: error.message, status, error: data } });
  return { parked: { status, why: error.message }, error: data };
}

async function releaseAll(context: DriveContext, why: string): Promise<void> {
  for (;;) {
    const next = nextRelease(context.playbook, context.state, why);
    if (!next) return;
    await releaseHold(context, next.unit, next.task, next.why);
  }
}

export function undecided(context: DriveContext, { task, item, error }: UnitState): PgdbaError {
  const key = unitKey(task, item);
  const { run } = context.parts.journal;
  return new PgdbaError('NEEDS_DECISION', {
    facts: { task: key, problem: error?.error ?? 'its process ended before it could tell' },
    hint: `pgdba runs resume ${run} asks the servers again; if you know: --resolve ${key}=done or --resolve ${key}=not-done`,
  });
}

export function interrupted(context: DriveContext, by: string): PgdbaError {
  return new PgdbaError('INTERRUPTED', {
    facts: { by },
    hint: context.state.acted
      ? `go on with: pgdba runs resume ${context.parts.journal.run}`
      : 'nothing was changed; run it again when you like',
  });
}

export function ranTooLong(context: DriveContext): PgdbaError {
  return new PgdbaError('RUN_TIMEOUT', {
    facts: { timeout: formatDuration(context.playbook.timeout) },
    hint: `go on with: pgdba runs resume ${context.parts.journal.run}`,
  });
}
