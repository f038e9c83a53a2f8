import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { Act } from './act.ts';

/**
 * An observer with a lifetime: it runs beside the tasks, from before one to after another. It may hold memory; what it
 * writes into is made by a task.
 */
export interface Probe<P extends TObject, R extends TSchema> {
  readonly id: string;
  readonly version: number;
  readonly since: string;
  readonly summary: string;
  /** It writes to the servers: it is left out of `--check`. */
  readonly writes: boolean;
  readonly params: P;
  readonly result: R;
  /**
   * Watches until `until` is aborted, then answers what it saw. `ready` is called once, when it has begun to watch: the
   * task it begins before waits for that. A probe survives every failure of what it watches; that is what it measures.
   */
  run(act: Act<Static<P>>, ready: () => void, until: AbortSignal): Promise<Static<R>>;
}

/** Any probe, as the engine sees it. */
export type AnyProbe = Probe<TObject, TSchema>;

export function defineProbe<P extends TObject, R extends TSchema>(probe: Probe<P, R>): AnyProbe;
export function defineProbe(probe: AnyProbe): AnyProbe {
  return Object.freeze(probe);
}
