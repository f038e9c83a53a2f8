import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import type { AnyProbe } from './define-probe.ts';
import type { AnyStep } from './define-step.ts';

/** `patroni.switchover@1` → loads its file. */
export type StepIndex = Readonly<Record<string, () => Promise<{ default: AnyStep }>>>;

/** `postgres.probe-writes@1` → loads its file. */
export type ProbeIndex = Readonly<Record<string, () => Promise<{ default: AnyProbe }>>>;

/** The steps and probes that playbooks may use. Loads a file when it is first asked for. */
export class Registry {
  readonly #index: StepIndex;
  readonly #probes: ProbeIndex;

  constructor(index: StepIndex, probes: ProbeIndex = {}) {
    this.#index = index;
    this.#probes = probes;
  }

  /** Every probe's `id@major`, sorted. */
  probeIds(): string[] {
    return Object.keys(this.#probes).sort();
  }

  /** Errors: STEP_UNKNOWN with the closest name as hint. */
  async loadProbe(uses: string): Promise<AnyProbe> {
    const load = Object.hasOwn(this.#probes, uses) ? this.#probes[uses] : undefined;
    if (!load) throw unknownStep(uses, this.probeIds());
    return (await load()).default;
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
    if (!load) throw unknownStep(uses, this.ids());
    return (await load()).default;
  }
}

function unknownStep(uses: string, known: readonly string[]): PgdbaError {
  const near = closest(uses, known);
  return new PgdbaError('STEP_UNKNOWN', {
    facts: { step: uses },
    hint: near ? `did you mean ${near}?` : '`pgdba step list` shows what there is',
  });
}
