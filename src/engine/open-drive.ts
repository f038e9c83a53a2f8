import type { NewRecord } from '../journal/record.ts';
import type { Task } from '../playbook/playbook.ts';
import type { Effect } from '../step/define-step.ts';
import type { DriveContext, DriveParts } from './drive-context.ts';
import { Folding } from './fold.ts';
import { HoldKeeper } from './holds.ts';
import { ProbeKeeper } from './probes.ts';
import { isApproval, isChildRun } from './transition.ts';

/** A drive on an open journal; its state is what the journal says so far. */
export function openDrive(parts: DriveParts): DriveContext {
  const { journal, playbook, steps, probes, observer } = parts;
  const folding = new Folding();
  let folded = 0;
  const foldNew = () => {
    for (; folded < journal.records.length; folded++) {
      const record = journal.records[folded];
      if (record) folding.add(record);
    }
  };
  foldNew();
  const loaded = <T>(known: ReadonlyMap<string, T>, uses: string): T => {
    const found = known.get(uses);
    if (!found) throw new Error(`${uses} was not loaded before the drive`);
    return found;
  };
  const effectOf = (task: Task): Effect => {
    if (isChildRun(task)) return 'once';
    return isApproval(task) ? 'none' : loaded(steps, task.uses).effect;
  };
  const underWay = new Map<string, Promise<void>>();
  // Asked of every task whenever the next one is chosen.
  const effects = new Map<Task, Effect>();
  return {
    parts,
    playbook,
    holds: new HoldKeeper(),
    probes: new ProbeKeeper(),
    underWay,
    get state() {
      return folding.state;
    },
    async append(record: NewRecord) {
      const written = await journal.append(record, { shared: underWay.size > 1 });
      foldNew();
      observer.onRecord(written);
      return written;
    },
    step: (task) => loaded(steps, task.uses),
    stepOf: (uses) => loaded(steps, uses),
    probe: (uses) => loaded(probes, uses),
    effectOf(task) {
      const known = effects.get(task);
      if (known) return known;
      const effect = effectOf(task);
      effects.set(task, effect);
      return effect;
    },
  };
}
