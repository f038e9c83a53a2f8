import type { NewRecord } from '../journal/record.ts';
import type { DriveContext, DriveParts } from './drive-context.ts';
import { HoldKeeper } from './holds.ts';
import { ProbeKeeper } from './probes.ts';
import { fold } from './run-state.ts';

/** A drive on an open journal; its state is what the journal says so far. */
export function openDrive(parts: DriveParts): DriveContext {
  const { journal, playbook, steps, probes, observer } = parts;
  let state = fold(journal.records);
  let folded = journal.records.length;
  const loaded = <T>(known: ReadonlyMap<string, T>, uses: string): T => {
    const found = known.get(uses);
    if (!found) throw new Error(`${uses} was not loaded before the drive`);
    return found;
  };
  return {
    parts,
    playbook,
    holds: new HoldKeeper(),
    probes: new ProbeKeeper(),
    get state() {
      return state;
    },
    async append(record: NewRecord) {
      const written = await journal.append(record);
      state = fold(journal.records.slice(folded), state);
      folded = journal.records.length;
      observer.onRecord(written);
      return written;
    },
    step: (task) => loaded(steps, task.uses),
    stepOf: (uses) => loaded(steps, uses),
    probe: (uses) => loaded(probes, uses),
  };
}
