import type { ErrorData } from '../errors/pgdba-error.ts';
import type { Json } from '../journal/record.ts';
import type { Risk } from '../step/define-step.ts';

/** What a run would do, found by really looking and changing nothing. */
export interface Plan {
  readonly playbook: string;
  readonly version: string;
  readonly target: Json;
  readonly risk: Risk;
  /** How many tasks would change something, as far as can be known. */
  readonly changes: number;
  readonly tasks: readonly PlannedTask[];
  /** Why the run would be refused; null when nothing stands against it. */
  readonly refusal: ErrorData | null;
}

export interface PlannedTask {
  readonly id: string;
  readonly item: string | null;
  readonly uses: string;
  /**
   * ok: already so, or a look that succeeded · change: would be done · skip: its condition is false ·
   * unknown: depends on what is not there yet · cannot-check: looking failed.
   */
  readonly is: 'ok' | 'change' | 'skip' | 'unknown' | 'cannot-check';
  readonly summary: string;
  readonly diff: string | null;
  /** What only doing it can prove. */
  readonly not_tried: string | null;
  /** yes: rolled back when a later task fails · kept: its effect stays · none: it changes nothing, or is not undone. */
  readonly undo: 'yes' | 'kept' | 'none';
  readonly pivot: boolean;
  readonly hold: boolean;
}
