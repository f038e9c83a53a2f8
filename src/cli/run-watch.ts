import type { AnyRecord } from '../journal/record.ts';

/** So long a run may take to stop before the person is told what it still works on. */
export const quietMs = 700;

/** What a run is busy with, as somebody learns it who reads along. */
export class RunWatch {
  /** Begun and not ended, the latest last. */
  readonly #busy = new Set<string>();
  #undoing = false;

  heard({ type, task = '' }: AnyRecord): void {
    if (type === 'task.intent' || type === 'task.checked' || type === 'rollback.intent') this.#busy.add(task);
    if (type === 'task.result' || type === 'rollback.result') this.#busy.delete(task);
    if (type === 'run.created' || type === 'run.resumed') this.#busy.clear();
    this.#undoing ||= type === 'rollback.begun';
  }

  get isBusy(): boolean {
    return this.#busy.size > 0;
  }

  /** The task at hand; one that may not be interrupted counts before all others. */
  task(forbidden: ReadonlySet<string>): string | null {
    const busy = [...this.#busy];
    return busy.find((task) => forbidden.has(task)) ?? busy.at(-1) ?? null;
  }

  sentence(forbidden: ReadonlySet<string>): string {
    const task = this.task(forbidden);
    if (task === null) return 'it stops at the next safe point';
    if (this.#undoing) return `it undoes what it did, now task ${task}`;
    if (!forbidden.has(task)) return `it is ending task ${task}`;
    return `it waits for task ${task}, which its playbook does not let be interrupted (cancel: forbidden)`;
  }
}
