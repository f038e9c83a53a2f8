import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import type { NotificationTarget } from '../inventory/notifications.ts';
import type { AnyRecord } from '../journal/record.ts';
import type { JournalStore } from '../journal/store.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Delivery, Message, Messenger } from '../step/index.ts';
import { type Delivered, deliver, type Patience, patience } from './deliver.ts';
import type { Outgoing } from './outgoing.ts';
import { eventOf, isWanted } from './run-event.ts';
import { SentNotes } from './sent-notes.ts';

export interface NotifierParts {
  readonly home: string;
  readonly targets: readonly NotificationTarget[];
  readonly redactor: Redactor;
  readonly patience?: Patience;
  readonly now?: () => Date;
}

/** What could not be told within a day is news no more. */
const newsMs = 24 * 60 * 60 * 1000;
/** So many of the newest runs are looked at for something owed. */
const lookBack = 50;

/**
 * Tells people how runs end, after the record of it is durable. Nothing here ever changes a run: what goes wrong is
 * answered as sentences to be shown as warnings. What a dead process owes, the next one of the home tells; what a
 * receiver took is noted, so that nobody is told twice.
 */
export class Notifier implements Messenger {
  readonly #parts: NotifierParts;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  get names(): readonly string[] {
    return this.#parts.targets.map(({ name }) => name);
  }

  /** A drive begins. `directory`: `sent` of its run; null for a run without files, of which nobody is told. */
  begin(directory: string | null): void {
    if (directory === null || this.#parts.targets.length === 0) return;
    try {
      new SentNotes(directory).owe();
    } catch {
      // Should this process die, nobody would be told; that must not keep a run from starting.
    }
  }

  /**
   * The drive has let go of its run, and its last record is on disk: tells how it stands, then what is owed of others.
   * Answers warnings. Call it when the cluster is free again: a receiver in trouble takes its time.
   */
  async settle(
    records: readonly AnyRecord[],
    directory: string | null,
    store: JournalStore,
  ): Promise<readonly string[]> {
    const warnings = await this.#settle(records, directory);
    return warnings.length > 0 ? warnings : this.catchUp(store);
  }

  /** Tells what earlier processes of this home owe, until one cannot be told: then the next one tries again. */
  async catchUp(store: JournalStore): Promise<readonly string[]> {
    if (this.#parts.targets.length === 0) return [];
    try {
      for (const { id, status } of await store.list({ limit: lookBack })) {
        const directory = join(this.#parts.home, 'runs', id, 'sent');
        // A run that is being driven is its driver's business.
        if (status === 'running' || !existsSync(join(directory, 'owed'))) continue;
        const warnings = await this.#settle(await store.read(id), directory);
        if (warnings.length > 0) return warnings;
      }
      return [];
    } catch (thrown) {
      return [`notifications: ${describe(thrown)}`];
    }
  }

  /** A message of a task. Errors: NOTIFICATION_UNKNOWN. */
  async tell(to: readonly string[], message: Message, signal: AbortSignal): Promise<readonly Delivery[]> {
    const { key, run, task, subject, text } = message;
    const event = { id: key, type: 'message', run, task, subject, text: `${subject}\n${text}`, ts: this.#now() };
    return this.#send(this.#named(to), event, signal);
  }

  /** A test event to one target, or to all. Errors: NOTIFICATION_UNKNOWN. */
  async test(name: string | null, signal: AbortSignal): Promise<readonly Delivered[]> {
    const id = `test/${randomUUID()}`;
    const event = { id, type: 'test', text: 'pgdba: a test of this notification target', ts: this.#now() };
    return this.#send(name === null ? this.#parts.targets : this.#named([name]), event, signal);
  }

  async #settle(records: readonly AnyRecord[], directory: string | null): Promise<readonly string[]> {
    if (directory === null || this.#parts.targets.length === 0) return [];
    try {
      return await this.#tellAll(records, new SentNotes(directory));
    } catch (thrown) {
      return [`notifications: ${describe(thrown)}`];
    }
  }

  async #tellAll(records: readonly AnyRecord[], notes: SentNotes): Promise<readonly string[]> {
    const { signal } = new AbortController();
    const event = eventOf(records);
    const wanted = event ? this.#parts.targets.filter(({ on }) => isWanted(event.status, on)) : [];
    const seq = records.find(({ hash }) => hash === event?.head)?.seq ?? 0;
    const due = wanted.filter(({ name }) => !notes.told(seq, name));
    if (event === null || due.length === 0) {
      notes.settle();
      return [];
    }
    const release = notes.claim();
    if (release === null) return [];
    try {
      const delivered = await Promise.all(
        due
          .filter(({ name }) => !notes.told(seq, name)) // told by another process before the claim was ours
          .map(async (target) => {
            const [one] = await this.#send([target], event, signal);
            if (one) notes.note(seq, one, new Date(this.#now()));
            return one;
          }),
      );
      const failed = delivered.filter((one) => one !== undefined && one.problem !== null);
      const stale = Date.parse(this.#now()) - Date.parse(event.ts) > newsMs;
      if (failed.length === 0 || stale) notes.settle();
      return failed.map(
        (one) => `${one?.target} was not told that run ${event.run} is ${event.status}: ${one?.problem}`,
      );
    } finally {
      release();
    }
  }

  #send(targets: readonly NotificationTarget[], event: { readonly id: string }, signal: AbortSignal) {
    const { redactor } = this.#parts;
    const outgoing: Outgoing = { id: event.id, body: JSON.stringify(redactor.redactValue(event)) };
    return Promise.all(
      targets.map((target) => deliver(target, outgoing, redactor, signal, this.#parts.patience ?? patience)),
    );
  }

  #named(names: readonly string[]): readonly NotificationTarget[] {
    const { targets } = this.#parts;
    return names.map((name) => {
      const target = targets.find((known) => known.name === name);
      if (target) return target;
      throw new PgdbaError('NOTIFICATION_UNKNOWN', {
        facts: { name },
        hint: `the configuration has ${this.names.join(', ') || 'no `notifications:`'}`,
      });
    });
  }

  #now(): string {
    return (this.#parts.now?.() ?? new Date()).toISOString();
  }
}
