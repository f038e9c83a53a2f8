import { dirname } from 'node:path';
import type { DriveContext } from './drive-context.ts';
import { guardRecords } from './guard-process.ts';
import { recordGuardRelease } from './holds.ts';

/** What a guard did after its pgdba had died becomes part of the journal. `children`: directory of the run's programs. */
export async function copyGuardRecords(context: DriveContext, children: string | null): Promise<void> {
  if (children === null) return;
  for (const record of await guardRecords(dirname(children))) {
    const taken = context.state.units.get(record.task)?.lastIntent;
    const intent = context.parts.journal.records.find(({ seq }) => seq === taken);
    // What guards did for an earlier taking of the same hold is history.
    if (record.type !== 'released' || !intent || record.ts < intent.ts) continue;
    const { pointed_at, why } = record.data;
    await recordGuardRelease(context, record.task, { at: record.ts, pointed_at, why });
  }
}
