import type { AnyRecord, NewRecord } from '../journal/record.ts';
import type { Journal } from '../journal/store.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Target, World } from '../world/world.ts';
import { HoldKeeper } from './holds.ts';
import { ProbeKeeper } from './probes.ts';
import type { Prompt, RunObserver } from './report.ts';
import { fold, type RunState } from './run-state.ts';

/** Held for the length of a run; see lease/. */
export interface HeldLease {
  /** Errors: LEASE_LOST. */
  assertHeld(): Promise<void>;
}

export interface DriveParts {
  readonly journal: Journal;
  readonly playbook: Playbook;
  /** Every step the playbook uses, by `id@major`. */
  readonly steps: ReadonlyMap<string, AnyStep>;
  readonly probes: ReadonlyMap<string, AnyProbe>;
  readonly target: Target | null;
  readonly world: World;
  readonly redactor: Redactor;
  /** null: the run changes nothing and holds nothing. */
  readonly lease: HeldLease | null;
  readonly prompt: Prompt | null;
  /** Consent was given for the whole run: its tasks do not ask again. */
  readonly agreed: boolean;
  readonly observer: RunObserver;
}

/** One drive of one run: the journal, the state it folds to, and the world. */
export class DriveContext {
  readonly parts: DriveParts;
  readonly holds = new HoldKeeper();
  readonly probes = new ProbeKeeper();
  #state: RunState;
  /** How many of the journal's records are in `#state`. */
  #folded: number;

  constructor(parts: DriveParts) {
    this.parts = parts;
    this.#state = fold(parts.journal.records);
    this.#folded = parts.journal.records.length;
  }

  get state(): RunState {
    return this.#state;
  }

  get playbook(): Playbook {
    return this.parts.playbook;
  }

  /** The only way state changes: one more record. */
  async append(record: NewRecord): Promise<AnyRecord> {
    const written = await this.parts.journal.append(record);
    this.#state = fold(this.parts.journal.records.slice(this.#folded), this.#state);
    this.#folded = this.parts.journal.records.length;
    this.parts.observer.onRecord(written);
    return written;
  }

  step(task: Task): AnyStep {
    return this.stepOf(task.uses);
  }

  probe(uses: string): AnyProbe {
    const probe = this.parts.probes.get(uses);
    if (!probe) throw new Error(`probe ${uses} was not loaded before the drive`);
    return probe;
  }

  stepOf(uses: string): AnyStep {
    const step = this.parts.steps.get(uses);
    if (!step) throw new Error(`step ${uses} was not loaded before the drive`);
    return step;
  }
}
