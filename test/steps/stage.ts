import type { Cluster } from '../../src/inventory/cluster.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { localProvider } from '../../src/providers/local/index.ts';
import { Redactor } from '../../src/secrets/redactor.ts';
import type { AnyStep } from '../../src/step/define-step.ts';
import type { Act } from '../../src/step/index.ts';
import { Registry } from '../../src/step/registry.ts';
import { World } from '../../src/world/world.ts';
import { steps } from '../../steps/index.ts';
import { PatroniFront } from '../fakes/patroni-front.ts';
import { pgdba } from '../harness/cli.ts';
import { scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';

export const registry = new Registry(steps);

/** A real cluster, seen through a front before each member's Patroni. */
export interface Stage {
  readonly home: string;
  readonly name: string;
  readonly cluster: Cluster;
  /** By member. */
  readonly fronts: ReadonlyMap<string, PatroniFront>;
  /** Lends eyes and hands as the engine would. */
  lend<T>(params: object, use: (act: Act<never>) => Promise<T>, task?: string): Promise<T>;
  front(member: string): PatroniFront;
  /** Waits until the cluster is healthy; answers the primary and its standbys. */
  settled(): Promise<{ primary: string; standbys: string[] }>;
  remove(): Promise<void>;
}

export async function openStage(name: string, members: number): Promise<Stage> {
  const home = await scratchHome();
  const made = await pgdba(
    home.path,
    'cluster',
    'init',
    '--provider',
    'local',
    '--name',
    name,
    '--members',
    `${members}`,
  );
  if (made.exit !== 0) throw new Error(made.stderr);
  const real = await new Inventory(home.path).read(name);
  if (!real) throw new Error(`${name} is not in the inventory`);
  const seen = await scratchHome();
  const fronts = new Map<string, PatroniFront>();
  for (const { name: member, host, rest_port: port } of real.members) {
    fronts.set(member, await PatroniFront.before({ host, port }));
  }
  const front = (member: string) => {
    const found = fronts.get(member);
    if (!found) throw new Error(`no member ${member}`);
    return found;
  };
  const cluster = { ...real, members: real.members.map((m) => ({ ...m, rest_port: front(m.name).port })) };
  const inventory = new Inventory(seen.path);
  await inventory.register(cluster);
  const world = new World({
    inventory,
    redactor: new Redactor(),
    provider: async () => localProvider({ home: home.path }),
  });
  const lend: Stage['lend'] = (params, use, task = 'task') =>
    world.lend(
      {
        target: { name, provider: 'local' },
        run: { id: 'stage', task, attempt: 1 },
        params: { ...params },
        signal: AbortSignal.timeout(120_000),
        log: () => undefined,
        progress: () => undefined,
      },
      (act) => use(act as Act<never>),
    );
  return {
    home: home.path,
    name,
    cluster,
    fronts,
    lend,
    front,
    settled: () =>
      until(
        'a healthy cluster',
        async () => {
          const { healthy, primary, members: all } = await lend({}, (act) => act.topology());
          if (!healthy || primary === null) return null;
          return { primary, standbys: all.map((member) => member.name).filter((member) => member !== primary) };
        },
        90_000,
      ),
    async remove() {
      for (const one of fronts.values()) await one.close();
      await pgdba(home.path, 'cluster', 'destroy', '--name', name, '--confirm');
      await home.remove();
      await seen.remove();
    },
  };
}

/** One step on a stage, verb by verb. Its params are as a step gets them: bytes and milliseconds. */
export class Staged {
  readonly #stage: Stage;
  readonly step: AnyStep;
  readonly #params: object;

  private constructor(stage: Stage, step: AnyStep, params: object) {
    this.#stage = stage;
    this.step = step;
    this.#params = params;
  }

  static async of(stage: Stage, uses: string, params: object = {}): Promise<Staged> {
    return new Staged(stage, await registry.load(uses), params);
  }

  check() {
    return this.#stage.lend(this.#params, (act) => this.step.check(act));
  }

  /** Checks until the answer is not `pending`, nor the one to wait for. */
  checkUntil(is: string) {
    return until(`${this.step.id} to be ${is}`, async () => {
      const answer = await this.check();
      return answer.is === is ? answer : null;
    });
  }

  async memo(): Promise<unknown> {
    const answer = await this.check();
    if (answer.is !== 'change') throw new Error(`${this.step.id} said ${answer.is}, not change`);
    return answer.memo;
  }

  apply(memo: unknown): Promise<unknown> {
    const { step } = this;
    return this.#stage.lend(this.#params, async (act) => (step.effect === 'none' ? undefined : step.apply(act, memo)));
  }

  verify(memo: unknown, receipt?: unknown) {
    const { step } = this;
    if (step.effect !== 'once') throw new Error(`${step.id} has no verify`);
    return this.#stage.lend(this.#params, (act) => step.verify(act, memo, receipt));
  }

  rollback(memo: unknown, receipt?: unknown) {
    const { step } = this;
    if (step.effect === 'none') throw new Error(`${step.id} has no rollback`);
    return this.#stage.lend(this.#params, (act) =>
      step.effect === 'once' ? step.rollback(act, memo, receipt) : step.rollback(act, memo),
    );
  }
}
