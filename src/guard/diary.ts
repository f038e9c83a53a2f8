import type { GuardBrief, GuardRelease } from '../formats/guard-talk.ts';
import type { GuardJournal } from '../journal/guard-journal.ts';
import type { WatchEnd } from './pulse.ts';
import type { Round } from './release.ts';

/**
 * Writes guard.jsonl. Between `ready` and the moment clients flow again nothing is written: a disk that hangs may be
 * why pgdba is late, and must not hang its guard. What cannot be written then is lost, for the same reason.
 */
export class Diary {
  readonly #journal: GuardJournal;
  #reachedAt: Date | undefined;

  constructor(journal: GuardJournal) {
    this.#journal = journal;
  }

  /** Errors: JOURNAL_WRITE_FAILED. */
  begin({ order, poolers, members, within_ms }: GuardBrief): void {
    this.#journal.append('started', { order, poolers: poolers.map(name), members: members.map(name), within_ms });
  }

  reached(): void {
    this.#reachedAt = new Date();
  }

  /** Notes a round, and answers what pgdba should hear of it: nothing when no pooler in it was released. */
  tell({ why, problem }: WatchEnd, { pointed_at, poolers, ms }: Round): GuardRelease | undefined {
    const at = new Date();
    const flowing = poolers.filter(({ resumed }) => resumed);
    const stuck = poolers.filter(({ resumed }) => !resumed);
    this.finish();
    if (flowing.length > 0) {
      const problems = [...(problem === undefined ? [] : [problem]), ...flowing.flatMap(sentences)];
      this.#write('released', { pointed_at, poolers: flowing.map(name), problems, ms, why }, at);
    }
    if (stuck.length > 0) {
      this.#write('gave-up', { poolers: stuck.map(name), problems: stuck.flatMap(sentences), ms, why }, at);
    }
    return flowing.length > 0 ? { at: at.toISOString(), pointed_at, why } : undefined;
  }

  /** The hold is over: what was left unwritten while it lasted. */
  finish(): void {
    if (this.#reachedAt) this.#write('reached', {}, this.#reachedAt);
    this.#reachedAt = undefined;
  }

  #write(...record: Parameters<GuardJournal['append']>): void {
    try {
      this.#journal.append(...record);
    } catch {
      // See above.
    }
  }
}

function name(server: { readonly name: string }): string {
  return server.name;
}

function sentences({ name, problems }: Round['poolers'][number]): string[] {
  return problems.map((problem) => `${name}: ${problem}`);
}
