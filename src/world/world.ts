import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { ChildWatch, Provider } from '../providers/provider.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import type { AnyParams } from '../step/define-step.ts';
import type { Act, GuardOrder, Messenger } from '../step/index.ts';
import { describeCluster } from './describe-cluster.ts';
import { endLeftovers } from './end-leftovers.ts';
import { type GuardAddresses, guardAddresses } from './guard-addresses.ts';
import { hands } from './hands.ts';
import { knownCluster } from './known-cluster.ts';
import { type LockAnswer, type LockOrder, takeLocks } from './lock-on-primary.ts';
import type { Occasion, Target } from './occasion.ts';
import { proveIdentity } from './prove-identity.ts';
import { type ClusterStanding, readStanding } from './read-standing.ts';
import { Sessions } from './sessions.ts';

export type { Occasion, Target } from './occasion.ts';

export interface WorldParts {
  readonly inventory: Inventory;
  readonly redactor: Redactor;
  /** Errors: PROVIDER_UNKNOWN, NOT_YET. */
  provider(name: string): Promise<Provider>;
  /** Absent: the configuration names no notification target. */
  readonly messenger?: Messenger;
}

/** Lends eyes and hands to one verb, and takes every connection back when it is over; the run's next verb may get it. */
export class World {
  readonly #parts: WorldParts;
  readonly #known = new Set<string>();
  /** By run: sessions that no verb uses at the moment. */
  readonly #resting = new Map<string, Sessions[]>();
  /** By run: the last one that was to hold its locks. */
  readonly #locking = new Map<string, Sessions>();
  /** When an attempt asked first how long it has waited, on the monotonic clock. */
  readonly #waiting = new Map<string, number>();

  constructor(parts: WorldParts) {
    this.#parts = parts;
  }

  /** The hands include the eyes: check and verify get the same object under the type that shows only eyes. */
  async lend<T>(occasion: Occasion, use: (act: Act<AnyParams>) => Promise<T>): Promise<T> {
    const { inventory, redactor } = this.#parts;
    const provider = watched(await this.#parts.provider(occasion.target?.provider ?? 'local'), occasion.child);
    await this.#knowSecrets(occasion.target);
    const resting = this.#restingOf(occasion);
    const sessions = resting.pop() ?? new Sessions(provider, redactor, sessionName(occasion.run.id));
    sessions.rise();
    try {
      const around = { inventory, redactor, provider, sessions, signal: occasion.signal };
      return await use(
        hands(occasion, around, { messenger: this.#parts.messenger, waited: () => this.#waited(occasion) }),
      );
    } finally {
      sessions.rest();
      resting.push(sessions);
    }
  }

  #waited({ run: { id, task, attempt } }: Occasion): number {
    const key = `${id} ${task} ${attempt}`;
    const began = this.#waiting.get(key) ?? performance.now();
    this.#waiting.set(key, began);
    return performance.now() - began;
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

  /**
   * One direct session of the run on the primary, with an advisory lock for each key. It belongs to no verb: it stays
   * until it is closed or breaks. Errors: BUG only; who cannot be asked holds no lock.
   */
  async lockOnPrimary(target: Target, order: LockOrder, signal: AbortSignal): Promise<LockAnswer> {
    const provider = await this.#parts.provider(target.provider);
    try {
      return await this.lend(looking(target, order.run, signal), async (look) => {
        const [cluster, { name }] = await Promise.all([look.cluster(), look.primary()]);
        const sessions = new Sessions(provider, this.#parts.redactor, sessionName(order.run));
        this.#locking.set(order.run, sessions);
        return takeLocks(await sessions.member(cluster, name, 'postgres'), name, order);
      });
    } catch (thrown) {
      if (thrown instanceof PgdbaError && thrown.class !== 'bug') return { is: 'nowhere', why: thrown.message };
      throw thrown;
    }
  }

  /**
   * Ends what a dead process of this run has left at work on the members that answer, and waits until it is gone; it
   * could change the world after anybody looked. Errors: STATEMENT_ALIVE.
   */
  async endLeftovers(target: Target, run: string, signal: AbortSignal): Promise<void> {
    if (!(await this.#parts.inventory.read(target.name))) return;
    const asking = AbortSignal.any([signal, AbortSignal.timeout(leftoversWithin)]);
    const occasion = looking(target, run, asking);
    const locking = this.#locking.get(run);
    const ours = [...(locking ? [locking] : []), ...this.#restingOf(occasion)];
    const own = (member: string) => ours.flatMap((sessions) => sessions.pidsOn(member));
    await this.lend(occasion, async (look) => {
      const asked = await Promise.allSettled(
        (await look.members()).map((member) => endLeftovers(member, { applicationName: sessionName(run), own })),
      );
      for (const answer of asked) {
        if (answer.status === 'fulfilled' || signal.aborted || isElsewhere(answer.reason)) continue;
        throw answer.reason;
      }
    });
  }

  /** Which database system it is and on which timeline; null without a primary. Errors: SPLIT_BRAIN, IDENTITY_MISMATCH. */
  async standing(target: Target, run: string, signal: AbortSignal): Promise<ClusterStanding | null> {
    return this.lend(looking(target, run, signal), async (look) =>
      readStanding(await look.cluster(), await look.members()),
    );
  }

  /** The blast radius of work on this cluster, in lines for the operator. */
  async describe(cluster: Cluster): Promise<string[]> {
    return this.lend(looking(cluster, 'look', AbortSignal.timeout(30_000)), async (act) =>
      describeCluster(await this.#parts.provider(cluster.provider), cluster, await act.members()),
    );
  }

  /** Errors: IDENTITY_MISMATCH when another database system lies or answers where this cluster should. */
  async proveIdentity(cluster: Cluster): Promise<void> {
    await proveIdentity(await this.#parts.provider(cluster.provider), cluster);
  }
}

const leftoversWithin = 20_000;

function sessionName(run: string): string {
  return `pgdba/${run}`;
}

/** A member that is down, cut off or another's: what the run does next finds out by itself. */
function isElsewhere(thrown: unknown): boolean {
  return thrown instanceof PgdbaError && thrown.class !== 'bug' && thrown.code !== 'STATEMENT_ALIVE';
}

/** The provider with every program it starts for this verb accounted for. */
function watched(provider: Provider, child: ChildWatch | undefined): Provider {
  if (!child) return provider;
  return {
    ...provider,
    exec: (cluster, server, argv, options) => provider.exec(cluster, server, argv, { ...options, child }),
  };
}

/** A look that belongs to no task; under the id of a run it uses that run's sessions. */
function looking({ name, provider }: Target, run: string, signal: AbortSignal): Occasion {
  return {
    target: { name, provider },
    run: { id: run, task: 'look', attempt: 1 },
    params: {},
    signal,
    log: () => undefined,
    progress: () => undefined,
  };
}
