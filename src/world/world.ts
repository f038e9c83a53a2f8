import { setTimeout as delay } from 'node:timers/promises';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { ChildWatch, Provider } from '../providers/provider.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import type { AnyParams } from '../step/define-step.ts';
import type { Act, GuardOrder, Progress } from '../step/index.ts';
import { bindProvider } from './bind-provider.ts';
import { describeCluster } from './describe-cluster.ts';
import { findPrimary } from './find-primary.ts';
import { type GuardAddresses, guardAddresses } from './guard-addresses.ts';
import { memberAct } from './member-handle.ts';
import { poolerHandle } from './pooler-handle.ts';
import { proveIdentity } from './prove-identity.ts';
import { serviceReasons } from './service-reasons.ts';
import { Sessions, unknownMember } from './sessions.ts';
import type { Surroundings } from './surroundings.ts';
import { readTopology } from './topology.ts';

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

export interface WorldParts {
  readonly inventory: Inventory;
  readonly redactor: Redactor;
  /** Errors: PROVIDER_UNKNOWN, NOT_YET. */
  provider(name: string): Promise<Provider>;
}

/** Lends eyes and hands to one verb, and takes every connection back when it is over; the run's next verb may get it. */
export class World {
  readonly #parts: WorldParts;
  readonly #known = new Set<string>();
  /** By run: sessions that no verb uses at the moment. */
  readonly #resting = new Map<string, Sessions[]>();

  constructor(parts: WorldParts) {
    this.#parts = parts;
  }

  /** The hands include the eyes: check and verify get the same object under the type that shows only eyes. */
  async lend<T>(occasion: Occasion, use: (act: Act<AnyParams>) => Promise<T>): Promise<T> {
    const { inventory, redactor } = this.#parts;
    const provider = watched(await this.#parts.provider(occasion.target?.provider ?? 'local'), occasion.child);
    await this.#knowSecrets(occasion.target);
    const resting = this.#restingOf(occasion);
    const sessions = resting.pop() ?? new Sessions(provider, redactor, `pgdba/${occasion.run.id}`);
    sessions.rise();
    try {
      return await use(hands(occasion, { inventory, redactor, provider, sessions, signal: occasion.signal }));
    } finally {
      sessions.rest();
      resting.push(sessions);
    }
  }

  #restingOf({ run, target }: Occasion): Sessions[] {
    const key = `${run.id} ${target?.name ?? ''}`;
    const known = this.#resting.get(key) ?? [];
    this.#resting.set(key, known);
    return known;
  }

  /** Before a verb runs, the redactor knows every secret of its cluster, whoever may print one. */
  async #knowSecrets(target: Target | null): Promise<void> {
    const cluster = target && (await this.#parts.inventory.read(target.name));
    for (const reference of Object.values(cluster?.secrets ?? {})) {
      if (this.#known.has(reference)) continue;
      // One that cannot be read is the business of the step that needs it.
      const read = await resolveSecret(reference, this.#parts.redactor).catch(() => null);
      if (read) this.#known.add(reference);
    }
  }

  /** What a guard has to know: addresses and passwords of the poolers it may resume and of the members it asks. */
  async guardBrief(target: Target, { poolers: names }: GuardOrder): Promise<GuardAddresses> {
    const { inventory, redactor } = this.#parts;
    const cluster = await knownCluster(inventory, target);
    return guardAddresses(await this.#parts.provider(target.provider), cluster, names, redactor);
  }

  /** Errors: PROVIDER_UNKNOWN, NOT_YET; before a run exists, not in its middle. */
  async requireProvider(target: Target): Promise<void> {
    await this.#parts.provider(target.provider);
  }

  /** The blast radius of work on this cluster, in lines for the operator. */
  async describe(cluster: Cluster): Promise<string[]> {
    return this.lend(aside(cluster), async (act) =>
      describeCluster(await this.#parts.provider(cluster.provider), cluster, await act.members()),
    );
  }

  /** Errors: IDENTITY_MISMATCH when another database system lies or answers where this cluster should. */
  async proveIdentity(cluster: Cluster): Promise<void> {
    await proveIdentity(await this.#parts.provider(cluster.provider), cluster);
  }
}

/** The provider with every program it starts for this verb accounted for. */
function watched(provider: Provider, child: ChildWatch | undefined): Provider {
  if (!child) return provider;
  return {
    ...provider,
    exec: (cluster, server, argv, options) => provider.exec(cluster, server, argv, { ...options, child }),
  };
}

/** A look outside any run. */
function aside({ name, provider }: Cluster): Occasion {
  return {
    target: { name, provider },
    run: { id: 'look', task: 'look', attempt: 1 },
    params: {},
    signal: AbortSignal.timeout(30_000),
    log: () => undefined,
    progress: () => undefined,
  };
}

function hands(occasion: Occasion, around: Surroundings): Act<AnyParams> {
  const { target, signal } = occasion;
  const cluster = () => knownCluster(around.inventory, target);
  const members = async () => {
    const known = await cluster();
    return known.members.map((member) => memberAct(around, known, member));
  };
  const poolers = async () => {
    const known = await cluster();
    const services = known.services.filter((service) => service.kind === 'pgbouncer');
    return services.map((pooler) => poolerHandle(around, known, pooler));
  };
  return {
    params: occasion.params,
    run: occasion.run,
    signal,
    now: () => new Date(),
    sleep: async (ms) => {
      await delay(ms, undefined, { signal });
    },
    log: (message) => occasion.log(message),
    progress: (now) => occasion.progress(now),
    get target() {
      return target ?? noTarget();
    },
    cluster,
    members,
    async member(name) {
      const known = await cluster();
      const member = known.members.find((candidate) => candidate.name === name);
      if (!member) throw unknownMember(known, name);
      return memberAct(around, known, member);
    },
    async primary() {
      return findPrimary(await cluster(), await members());
    },
    poolers,
    topology: async () => {
      const known = await cluster();
      const [topology, reasons] = await Promise.all([
        members().then(readTopology),
        poolers().then((doors) => serviceReasons(around.provider, known, doors)),
      ]);
      const all = [...topology.reasons, ...reasons];
      return { ...topology, reasons: all, healthy: all.length === 0 };
    },
    provider: bindProvider(around.provider, cluster),
    inventory: {
      read: (name) => around.inventory.read(name),
      register: (entry) => around.inventory.register(entry),
      forget: (id) => around.inventory.forget(id),
    },
  };
}

async function knownCluster(inventory: Inventory, target: Target | null): Promise<Cluster> {
  const { name } = target ?? noTarget();
  const cluster = await inventory.read(name);
  if (cluster) return cluster;
  throw new PgdbaError('CLUSTER_UNKNOWN', {
    facts: { cluster: name },
    hint: 'it was forgotten meanwhile; `pgdba cluster list` shows the known ones',
  });
}

function noTarget(): never {
  throw new PgdbaError('BUG', { facts: { problem: 'a step asked for a cluster in a playbook with target: none' } });
}
