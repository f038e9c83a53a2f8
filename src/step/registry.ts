import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import type { AnyStep } from './define-step.ts';

/** `patroni.switchover@1` → loads its file. */
export type StepIndex = Readonly<Record<string, () => Promise<{ default: AnyStep }>>>;

/** The steps that playbooks may use. Loads a step's file when it is first asked for. */
export class Registry {
  readonly #index: StepIndex;

  constructor(index: StepIndex) {
    this.#index = index;
  }

  /** Every `id@major`, sorted. */
  ids(): string[] {
    return Object.keys(this.#index).sort();
  }

  has(uses: string): boolean {
    return Object.hasOwn(this.#index, uses);
  }

  /** Errors: STEP_UNKNOWN with the closest name as hint. */
  async load(uses: string): Promise<AnyStep> {
    const load = this.has(uses) ? this.#index[uses] : undefined;
    if (!load) {
      const near = closest(uses, this.ids());
      throw new PgdbaError('STEP_UNKNOWN', {
        facts: { step: uses },
        hint: near ? `did you mean ${near}?` : '`pgdba step list` shows what there is',
      });
    }
    return (await load()).default;
  }
}
