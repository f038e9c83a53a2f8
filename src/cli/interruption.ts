import type { Cancellation } from '../engine/cancellation.ts';
import type { AnyRecord } from '../journal/record.ts';

export interface InterruptionOptions {
  /** One sentence for the person who watches. */
  say(sentence: string): void;
  /** Ends this process now; the run stays resumable. */
  leaveAtOnce(): void;
}

/** Everything that may stop a driven run, from wherever it comes, as one signal: its reason is a `Cancellation`. */
export class Interruption {
  readonly #options: InterruptionOptions;
  readonly #controller = new AbortController();
  #interrupts = 0;
  #acted = false;
  #undoing = false;
  #mustLeave = false;
  #over = false;

  constructor(options: InterruptionOptions) {
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ctrl-C: the first asks the run to stop, the second waits for nothing more. */
  interrupt(): void {
    this.#interrupts += 1;
    // Its answer is being printed: what came a moment too late must not tear that.
    if (this.#over && this.#interrupts <= patience) return;
    if (this.#interrupts > 1) {
      this.#options.leaveAtOnce();
    } else if (this.signal.aborted) {
      this.#options.say('it is being stopped already; Ctrl-C again leaves at once');
    } else {
      this.#options.say('interrupted: stopping at the next safe point; Ctrl-C again leaves at once');
      this.#controller.abort(cancellation('SIGINT', null));
    }
  }

  /** Somebody else asks: a service manager, or another terminal. */
  cancel(asked: Cancellation): void {
    if (this.#over) return;
    if (!this.signal.aborted) {
      const how = asked.how === 'rollback' ? ', undoing what it did' : '';
      this.#options.say(`${asked.by} asks the run to stop: at the next safe point${how}`);
      this.#controller.abort(asked);
    } else if (asked.how === 'leave') {
      // A service manager gives no time for undoing, which the first cancel may already have led to.
      this.#mustLeave = true;
      if (this.#undoing) this.#options.leaveAtOnce();
    }
  }

  /** Nobody listens any more. That stops a run only as long as it has changed nothing. */
  unheard(why: 'SIGHUP' | 'closed output'): void {
    if (!this.#acted && !this.signal.aborted) this.#controller.abort(cancellation(why, 'leave'));
  }

  /** The drive has let go of the run; there is nothing left to stop. */
  end(): void {
    this.#over = true;
  }

  /** Follows how far the run is. */
  heard({ type }: AnyRecord): void {
    // A run that is resumed has changed something before.
    this.#acted ||= type === 'task.intent' || type === 'run.resumed' || type === 'rollback.begun';
    this.#undoing ||= type === 'rollback.begun';
    if (this.#undoing && this.#mustLeave) this.#options.leaveAtOnce();
  }
}

/** Who still presses Ctrl-C after the run was let go of means this process. */
const patience = 3;

function cancellation(by: string, how: Cancellation['how']): Cancellation {
  return { by, how, why: null };
}
