import { dirname } from 'node:path';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { warmUp } from '../playbook/params.ts';
import type { DriveContext, Holds } from './drive-context.ts';
import { type GuardProcess, type GuardRelease, startGuard } from './guard-process.ts';
import { unitKey } from './run-state.ts';
import type { Verb } from './verb.ts';

/** The guards of the holds that this drive has taken. */
export class HoldKeeper implements Holds {
  readonly #guards = new Map<string, GuardProcess>();

  async arm(drive: DriveContext, verb: Verb, memo: unknown): Promise<void> {
    const { step, task, item } = verb;
    if (step.effect !== 'hold') return;
    const { journal, world, target, redactor } = drive.parts;
    const children = await journal.directory('children');
    if (!target || children === null) {
      throw new PgdbaError('BUG', { facts: { problem: `hold ${task} in a run without a cluster or a journal` } });
    }
    const key = unitKey(task, item);
    const order = step.guardOrder(memo);
    const { poolers, members } = await world.guardBrief(target, order);
    const brief = { run: journal.run, task: key, order: order.kind, within_ms: order.within_ms, poolers, members };
    const [guard] = await Promise.all([
      startGuard({ ...brief, directory: dirname(children) }, { redactor }),
      ...[...drive.parts.steps.values()].map(warmUp),
    ]);
    this.#guards.set(key, guard);
    // A guard that was too late for us to notice still tells; what it did belongs into the journal at once.
    // When that cannot be written, the drive meets the same failure at its own next record.
    guard.released
      .then((release) => {
        this.#guards.delete(key);
        return recordGuardRelease(drive, key, release);
      })
      .catch(() => undefined);
  }

  reached(key: string): void {
    this.#guards.get(key)?.reached();
  }

  async disarm(key: string): Promise<void> {
    const guard = this.#guards.get(key);
    this.#guards.delete(key);
    await guard?.done();
  }

  guarded(key: string): Promise<unknown> | null {
    return this.#guards.get(key)?.released ?? null;
  }
}

/** Journals that a guard ended a hold; nothing when somebody else had done so before. */
export async function recordGuardRelease(drive: DriveContext, key: string, release: GuardRelease): Promise<void> {
  const unit = drive.state.units.get(key);
  if (!unit?.held) return;
  const { at, pointed_at, why } = release;
  const words = {
    pipe: 'pgdba was gone',
    deadline: 'it lasted too long',
    signal: 'it was told to end',
    failure: 'it broke',
  };
  const led = pointed_at === null ? 'the poolers lead where they did' : `the poolers lead to ${pointed_at}`;
  const where = { task: unit.task, ...(unit.item === null ? {} : { item: unit.item }) };
  await drive.append({ type: 'hold.released', ...where, data: { by: 'guard', at, why: `${words[why]}; ${led}` } });
}
