import type { AnyRecord, NewRecord } from '../journal/record.ts';
import type { Journal } from '../journal/store.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Target, World } from '../world/world.ts';
import type { Prompt, RunObserver } from './report.ts';
import type { RunState } from './run-state.ts';
import type { Verb } from './verb.ts';

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

/** The guards of the holds that a drive has taken. */
export interface Holds {
  /** Before the hold's intent: a hold without a ready guard does not start. Errors: GUARD_FAILED. */
  arm(drive: DriveContext, verb: Verb, memo: unknown): Promise<void>;
  /** The hold is on: the guard's deadline counts from now. */
  reached(key: string): void;
  /** The hold was released by us: its guard ends. */
  disarm(key: string): Promise<void>;
  /** Resolves when the guard has released the hold; null when there is no guard. */
  guarded(key: string): Promise<unknown> | null;
}

/** The probes of one drive. */
export interface Probes {
  /** Starts what watches this task, and waits until it watches. A probe that cannot start does not stop the run. */
  before(drive: DriveContext, task: string): Promise<void>;
  /** Ends every probe whose last task is settled; all of them when the run ends or is left. */
  after(drive: DriveContext, all: boolean): Promise<void>;
}

/** One drive of one run: the journal, the state it folds to, and the world. */
export interface DriveContext {
  readonly parts: DriveParts;
  readonly state: RunState;
  readonly playbook: Playbook;
  readonly holds: Holds;
  readonly probes: Probes;
  /** The only way state changes: one more record. */
  append(record: NewRecord): Promise<AnyRecord>;
  step(task: Task): AnyStep;
  stepOf(uses: string): AnyStep;
  probe(uses: string): AnyProbe;
}
