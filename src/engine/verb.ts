import type { AnyStep } from '../step/define-step.ts';

/** One verb of one task, about to be called. */
export interface Verb {
  readonly step: AnyStep;
  readonly task: string;
  readonly item: string | null;
  readonly attempt: number;
  /** As journaled: secrets by reference. */
  readonly params: unknown;
  readonly signal: AbortSignal;
}
