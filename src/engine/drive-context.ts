import type { ErrorData } from '../errors/pgdba-error.ts';
import type { AnyRecord, FenceMark, Json, NewRecord } from '../journal/record.ts';
import type { Journal } from '../journal/store.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Kept, Undone } from '../step/answers.ts';
import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep, Effect } from '../step/define-step.ts';
import type { Target, World } from '../world/world.ts';
import type { Prompt, RunObserver } from './report.ts';
import type { EndedState, ParkedState, RunState } from './run-state.ts';
import type { Verb } from './verb.ts';

/** Held for the length of a run; see lease/. */
export interface HeldLease {
  /** Errors: LEASE_LOST. */
  assertHeld(): Promise<void>;
  /** The rollback failed: release keeps the cluster locked until an operator has acknowledged the run. */
  quarantine(why: string): Promise<void>;
}

/** The runs that a run starts: under its lease, its consent and its actor, each with an id and a journal of its own. */
export interface ChildRuns {
  /** Starts the run of this id, or goes on with it. A cancelled one is left resumable and `signal.reason` is thrown. */
  drive(parent: DriveContext, order: ChildOrder, signal: AbortSignal): Promise<ChildLeft>;
  /** Ends one that was left, without doing anything more to the world than releasing what it holds and its `finally`. */
  close(parent: DriveContext, child: string): Promise<void>;
  /** Undoes it; kept when it is past its point of no return. */
  undo(parent: DriveContext, child: string, signal: AbortSignal): Promise<Undone | Kept>;
}

export interface ChildOrder {
  readonly run: string;
  readonly playbook: Playbook;
  /** As given by the task: checked against the inputs of the playbook by the one who starts it. */
  readonly inputs: Readonly<Record<string, Json>>;
  readonly task: string;
  readonly item: string | null;
}

export interface ChildLeft {
  readonly left: Left;
  /** Where the cluster stood when it last saw it. */
  readonly fence: FenceMark | null;
}

/** How a driver let go of a run: it ended, or it waits for somebody (and can be resumed). */
export type Left = { readonly ended: EndedState } | { readonly parked: ParkedState; readonly error: ErrorData };

/** The cluster's own proof that nobody moved it behind the run's back: identity and timeline. */
export interface Fence {
  /**
   * Before a change: answers where the cluster stands, null when it cannot be asked (no primary, no SQL) or there is
   * nothing to compare. Errors: FENCED when it is not where this run last saw it.
   */
  assertUnmoved(lastSeen: FenceMark | null, signal: AbortSignal): Promise<FenceMark | null>;
  /** Where it stands after a step that moves it; null when it cannot be asked. */
  read(signal: AbortSignal): Promise<FenceMark | null>;
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
  /** Starts, goes on with and undoes the runs of `playbook:` tasks. */
  readonly children: ChildRuns;
  /** null: the run changes nothing and holds nothing. */
  readonly lease: HeldLease | null;
  /** null: the run changes no cluster. */
  readonly fence: Fence | null;
  readonly prompt: Prompt | null;
  /** Consent was given for the whole run: its tasks do not ask again. */
  readonly agreed: boolean;
  /** Prechecks that do not stop the run, with the reason the operator gave. */
  readonly overrides: ReadonlyMap<string, string>;
  /** What to do about a state that has moved since an earlier drive made it; null: stop and ask. */
  readonly drift: 'reapply' | 'accept' | null;
  /** Who drives. */
  readonly actor: string;
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
  /** A run has done its work: what an earlier process had watched when it died is known to nobody, and that is recorded. */
  missed(drive: DriveContext): Promise<void>;
}

/** One drive of one run: the journal, the state it folds to, and the world. */
export interface DriveContext {
  readonly parts: DriveParts;
  readonly state: RunState;
  readonly playbook: Playbook;
  readonly holds: Holds;
  readonly probes: Probes;
  /** What is being performed, by unit. */
  readonly underWay: Map<string, Promise<void>>;
  /** The only way state changes: one more record. */
  append(record: NewRecord): Promise<AnyRecord>;
  step(task: Task): AnyStep;
  stepOf(uses: string): AnyStep;
  probe(uses: string): AnyProbe;
  /** Child runs are events, approvals change nothing. */
  effectOf(task: Task): Effect;
}
