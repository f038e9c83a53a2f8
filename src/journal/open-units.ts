import type { RecordDraft } from './compose-record.ts';

/** Which tasks and loop items are under way: begun, and without a result. */
export class OpenUnits {
  readonly #open = new Set<string>();

  /** Takes a record into account, and answers whether it comes while other units are under way: from one of several branches. */
  note({ type, task, item }: RecordDraft): boolean {
    if (type === 'run.resumed') this.#open.clear();
    if (task === undefined) return false;
    const unit = `${task}\n${item ?? ''}`;
    const others = this.#open.size - (this.#open.has(unit) ? 1 : 0);
    if (type === 'task.intent' || type === 'rollback.intent') this.#open.add(unit);
    if (type === 'task.result' || type === 'rollback.result') this.#open.delete(unit);
    return others > 0;
  }
}
