import type { Inventory } from '../inventory/inventory.ts';
import type { Provider } from '../providers/provider.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Sessions } from './sessions.ts';

/** What the handles of one verb share. */
export interface Surroundings {
  readonly provider: Provider;
  readonly inventory: Inventory;
  readonly redactor: Redactor;
  readonly sessions: Sessions;
  readonly signal: AbortSignal;
}
