import { Inventory } from '../../src/inventory/inventory.ts';
import { localProvider } from '../../src/providers/local/index.ts';
import { Redactor } from '../../src/secrets/redactor.ts';
import type { AnyStep } from '../../src/step/define-step.ts';
import type { Act, Messenger } from '../../src/step/index.ts';
import { Registry } from '../../src/step/registry.ts';
import { World } from '../../src/world/world.ts';
import { steps } from '../../steps/index.ts';

/** Steps that need no cluster, verb by verb, on the real world of this host. */
export class BareStage {
  readonly redactor = new Redactor();
  readonly #world: World;

  constructor(home: string, messenger?: Messenger) {
    const inventory = new Inventory(home);
    this.#world = new World({
      inventory,
      redactor: this.redactor,
      provider: async () => localProvider({ home }),
      ...(messenger ? { messenger } : {}),
    });
  }

  async step(uses: string, params: object, { signal = AbortSignal.timeout(60_000), task = 'task' } = {}) {
    const step: AnyStep = await new Registry(steps).load(uses);
    const lend = <T>(use: (act: Act<never>) => Promise<T>) =>
      this.#world.lend(
        {
          target: null,
          run: { id: 'stage', task, attempt: 1 },
          params: { ...params },
          signal,
          log: () => undefined,
          progress: () => undefined,
        },
        (act) => use(act as Act<never>),
      );
    return {
      check: () => lend((act) => step.check(act)),
      async memo(): Promise<unknown> {
        const answer = await lend((act) => step.check(act));
        if (answer.is !== 'change') throw new Error(`${uses} said ${answer.is}, not change`);
        return answer.memo;
      },
      apply: (memo: unknown) =>
        lend<unknown>(async (act) => {
          if (step.effect === 'none') throw new Error(`${uses} applies nothing`);
          return step.apply(act, memo);
        }),
      verify: (memo: unknown, receipt?: unknown) =>
        lend(async (act) => {
          if (step.effect !== 'once') throw new Error(`${uses} has no verify`);
          // As a journal gives it back.
          return step.verify(act, memo, receipt === undefined ? undefined : JSON.parse(JSON.stringify(receipt)));
        }),
      rollback: (memo: unknown, receipt?: unknown) =>
        lend(async (act) => {
          if (step.effect !== 'once') throw new Error(`${uses} has no rollback`);
          return step.rollback(act, memo, receipt);
        }),
    };
  }
}
