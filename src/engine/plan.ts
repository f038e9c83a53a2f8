import type { ErrorData } from '../errors/pgdba-error.ts';
import type { FenceMark, Json } from '../journal/record.ts';
import type { Risk } from '../step/define-step.ts';

/** What a run would do, found by really looking and changing nothing. */
export interface Plan {
  readonly playbook: string;
  readonly version: string;
  readonly target: Json;
  /** Where the cluster stood when it was looked at; null when there is none yet, or it cannot be asked. */
  readonly stands: FenceMark | null;
  readonly risk: Risk;
  /** How many tasks would change something, as far as can be known; those of child runs included. */
  readonly changes: number;
  /** In the order of the file; a child run's follow the task that starts it, as `task/…`. */
  readonly tasks: readonly PlannedTask[];
  readonly probes: readonly PlannedProbe[];
  /** Why the run would be refused; null when nothing stands against it. */
  readonly refusal: ErrorData | null;
}

export interface PlannedTask {
  /** In a child run `task/…` or, of a loop, `task[item]/…`. */
  readonly id: string;
  readonly item: string | null;
  readonly part: 'precheck' | 'task' | 'finally';
  /** The parallel block and which of its branches; null outside of one. */
  readonly block: string | null;
  readonly branch: number | null;
  readonly uses: string;
  /**
   * ok: already so, or a look that succeeded · change: would be done · skip: its condition is false ·
   * ask: the run stops here until somebody has approved · unknown: depends on what is not there yet ·
   * cannot-check: looking failed.
   */
  readonly is: 'ok' | 'change' | 'skip' | 'ask' | 'unknown' | 'cannot-check';
  readonly summary: string;
  readonly diff: string | null;
  /** Of a change: the parameters it would be made with, secrets by reference. */
  readonly with: Json;
  /** Of a change: what the step expects its result to be; null when it cannot say. */
  readonly predicted: Json;
  /** What only doing it can prove. */
  readonly not_tried: string | null;
  /** yes: rolled back when a later task fails · kept: its effect stays · none: it changes nothing, or is not undone. */
  readonly undo: 'yes' | 'kept' | 'none';
  readonly pivot: boolean;
  readonly hold: boolean;
  /** Of a hold: the task that ends it; null: the end of the run does. */
  readonly held_until: string | null;
  /** How often it is tried again when it fails. */
  readonly retries: number;
  /** Of a precheck that failed and does not count: the operator's reason. */
  readonly overridden: string | null;
}

/** A probe is not started by a check: what it would see is known when it has watched. */
export interface PlannedProbe {
  readonly id: string;
  readonly uses: string;
  readonly from: string;
  readonly until: string;
  /** It writes into the database while it watches. */
  readonly writes: boolean;
  /** The condition that stops the run; not judged by a check. */
  readonly must: string | null;
}
