import type { ChildWatch } from '../providers/provider.ts';
import type { AnyParams } from '../step/define-step.ts';
import type { Progress } from '../step/index.ts';

/** What a run is about. */
export interface Target {
  readonly name: string;
  readonly provider: string;
}

/** One verb of one task, as the world needs to know it. */
export interface Occasion {
  readonly target: Target | null;
  readonly run: { readonly id: string; readonly task: string; readonly attempt: number };
  readonly params: AnyParams;
  readonly signal: AbortSignal;
  log(message: string): void;
  progress(now: Progress): void;
  /** Keeps account of the programs that the verb starts; nobody does for a look outside a run. */
  readonly child?: ChildWatch;
}
