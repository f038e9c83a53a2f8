import { asPgdbaError } from '../errors/pgdba-error.ts';
import { type Cancellation, isCancellation } from './cancellation.ts';
import { decide } from './decide.ts';
import type { DriveContext, Left } from './drive-context.ts';
import { interrupted, park, ranTooLong } from './leave.ts';
import { perform } from './perform.ts';
import { unitKey } from './run-state.ts';
import type { Performed, Purpose, Transition } from './transition.ts';

/**
 * Works on a run until it ends or must be left. The same function starts a run (an empty journal), resumes it, rolls it
 * back and closes it: each turn decides by the journal what to begin, and waits for something to end.
 */
export async function drive(
  context: DriveContext,
  cancelled: AbortSignal,
  purpose: Purpose = 'forward',
): Promise<Left> {
  return new Drive(context, cancelled, purpose).run();
}

class Drive {
  readonly #context: DriveContext;
  readonly #cancelled: AbortSignal;
  /** Something broke that ends the drive: what is under way is told to stop. */
  readonly #broken = new AbortController();
  readonly #overtime: AbortSignal;
  readonly #forward: AbortSignal;
  readonly #undoing: AbortSignal;
  readonly #rechecked = new Set<string>();
  #purpose: Purpose;
  #stop: Performed = null;
  /** The cancel that has been acted on; rollback and `finally` go on under the next one only. */
  #heeded = false;

  constructor(context: DriveContext, cancelled: AbortSignal, purpose: Purpose) {
    this.#context = context;
    this.#cancelled = cancelled;
    this.#purpose = purpose;
    this.#overtime = AbortSignal.timeout(context.playbook.timeout);
    this.#forward = AbortSignal.any([cancelled, this.#overtime, this.#broken.signal]);
    this.#undoing = AbortSignal.any([cancelled, this.#broken.signal]);
  }

  async run(): Promise<Left> {
    const { playbook, effectOf } = this.#context;
    for (;;) {
      const { ended } = this.#context.state;
      if (ended && this.#context.underWay.size === 0) return { ended };
      if (this.#mustStop()) {
        await Promise.all(this.#context.underWay.values());
        const left = await this.#leave();
        if (left) return left;
        continue;
      }
      const busy = new Set(this.#context.underWay.keys());
      const now = { playbook, effectOf, rechecked: this.#rechecked, busy, purpose: this.#purpose };
      for (const next of decide(playbook, this.#context.state, now)) this.#begin(next);
      if (this.#context.underWay.size === 0) throw new Error('the run has not ended and there is nothing to do');
      await Promise.race(this.#context.underWay.values());
    }
  }

  #begin(next: Transition): void {
    const key = keyOf(next);
    const work = perform(this.#context, next, this.#signalFor(next), this.#rechecked)
      .then(
        (stop) => {
          this.#stop ??= stop;
        },
        (thrown: unknown) => {
          this.#stop ??= { thrown };
          if (asPgdbaError(thrown).class === 'journal') this.#broken.abort(thrown);
        },
      )
      .finally(() => this.#context.underWay.delete(key));
    this.#context.underWay.set(key, work);
  }

  /** Undoing has no time limit of the run, and is not stopped by the cancel that asked for it. */
  #signalFor({ do: what }: Transition): AbortSignal {
    if (this.#heeded) return this.#broken.signal;
    return what !== 'undo' && this.#isForward() ? this.#forward : this.#undoing;
  }

  #mustStop(): boolean {
    const overtime = this.#overtime.aborted && this.#isForward();
    return this.#stop !== null || overtime || (this.#cancelled.aborted && !this.#heeded);
  }

  #isForward(): boolean {
    return this.#purpose === 'forward' && this.#context.state.rollback === null;
  }

  /** Why the drive stopped, and whether it is over; null: it goes on, undoing. */
  async #leave(): Promise<Left | null> {
    const stop = this.#stop;
    this.#stop = null;
    if (stop && 'thrown' in stop && asPgdbaError(stop.thrown).class === 'journal') throw stop.thrown;
    if (this.#cancelled.aborted && !this.#heeded) return this.#heed(this.#cancelled.reason);
    if (this.#overtime.aborted && this.#isForward())
      return park(this.#context, 'interrupted', ranTooLong(this.#context));
    if (stop && 'thrown' in stop) return park(this.#context, 'interrupted', asPgdbaError(stop.thrown));
    return stop ? park(this.#context, stop.status, stop.error) : null;
  }

  /** Does what the one who cancelled wants: undoes the run, or leaves it. */
  async #heed(reason: unknown): Promise<Left | null> {
    const cancellation: Cancellation = isCancellation(reason) ? reason : { by: String(reason), how: null, why: null };
    const how = await this.#how(cancellation);
    if (this.#context.state.acted || how === 'rollback') {
      const { by, why } = cancellation;
      await this.#context.append({ type: 'run.cancel', data: { how, by, why } });
    }
    if (how === 'leave') return park(this.#context, 'interrupted', interrupted(this.#context, cancellation.by));
    this.#heeded = true;
    this.#purpose = 'rollback';
    return null;
  }

  async #how({ how, by }: Cancellation): Promise<'leave' | 'rollback'> {
    const { playbook, state, parts } = this.#context;
    // Asked to undo what is being undone: it goes on.
    if (state.rollback !== null && how === 'rollback') return 'rollback';
    if (!this.#isForward() || state.pivot !== null) return 'leave';
    if (how !== null) return how;
    // The one to be asked is the one who pressed Ctrl-C; nobody at this terminal knows of another's request.
    if (by !== 'SIGINT' || !state.acted || parts.prompt === null || playbook.on_cancel === 'rollback') {
      return playbook.on_cancel;
    }
    const question = 'Undo what this run has changed? (no: it is left as it stands and can be resumed)';
    // Whoever does not answer within a minute is not there: left is what can be resumed.
    const yes = await parts.prompt.yesNo(question, [], AbortSignal.timeout(60_000)).catch(() => false);
    return yes ? 'rollback' : 'leave';
  }
}

/** One unit is worked on by one transition at a time. */
function keyOf(next: Transition): string {
  if (!('unit' in next)) return next.do;
  const { unit } = next;
  return typeof unit.task === 'string'
    ? unitKey(unit.task, typeof unit.item === 'string' ? unit.item : null)
    : unitKey(unit.task.id, unit.item === null || typeof unit.item === 'string' ? null : unit.item.key);
}
