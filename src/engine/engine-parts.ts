import type { Inventory } from '../inventory/inventory.ts';
import type { JournalStore } from '../journal/store.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Risk } from '../step/define-step.ts';
import type { Registry } from '../step/registry.ts';
import type { World } from '../world/world.ts';
import type { Prompt, RunObserver } from './report.ts';

/** What the engine stands on; made by the composition root, one per process. */
export interface EngineParts {
  readonly home: string;
  readonly version: string;
  /** Who acts and where, for the journal. */
  readonly actor: string;
  readonly host: string;
  readonly store: JournalStore;
  /** For runs that change nothing: their journal ends with the process. */
  readonly memory: JournalStore;
  readonly registry: Registry;
  readonly inventory: Inventory;
  readonly world: World;
  readonly redactor: Redactor;
  readonly maxRisk: Risk | null;
  /** null: nobody wants to be told. */
  readonly notifier: Notifier | null;
}

/** The person or program that waits for the run. */
export interface Attendance {
  readonly observer: RunObserver;
  readonly prompt: Prompt | null;
  /** Aborted: stop working on the run. */
  readonly signal: AbortSignal;
  /** How long to wait for a busy cluster. */
  readonly waitMs: number;
}
