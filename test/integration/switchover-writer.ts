import { setTimeout as delay } from 'node:timers/promises';
import { connect, type PostgresConnection } from '../../src/clients/postgres.ts';
import type { Cluster } from '../../src/inventory/cluster.ts';
import { connectTo, secretOf } from '../harness/world.ts';

/** A session through the pooler, as an application has it. */
export async function throughPooler(cluster: Cluster): Promise<PostgresConnection> {
  const pooler = cluster.services.find(({ kind }) => kind === 'pgbouncer');
  if (!pooler) throw new Error('no pooler');
  return connect({
    host: pooler.host,
    port: pooler.port,
    user: 'app',
    password: await secretOf({ cluster }, 'app'),
    database: 'app',
    application_name: 'writer',
    connectTimeoutMs: 10_000,
  });
}

/** An application that commits a small transaction every few milliseconds, and remembers what was acknowledged. */
export class Writer {
  readonly acknowledged: number[] = [];
  readonly failures: unknown[] = [];
  readonly #cluster: Cluster;
  #stopping = false;
  #last = performance.now();
  #gap = 0;
  #running: Promise<void> = Promise.resolve();

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async start(cluster: Cluster): Promise<Writer> {
    const writer = new Writer(cluster);
    const session = await throughPooler(cluster);
    await session.query('create table if not exists writes (id bigint primary key)');
    await session.query('truncate writes');
    writer.#last = performance.now();
    writer.#running = writer.#write(session);
    return writer;
  }

  /** The newest acknowledgement is younger than that many milliseconds. */
  wroteWithin(ms: number): boolean {
    return performance.now() - this.#last < ms;
  }

  /** Ends it; answers the longest time without an acknowledgement, and the ids that the primary does not have. */
  async stop(): Promise<{ gap: number; lost: number[] }> {
    this.#stopping = true;
    await this.#running;
    const session = await throughPooler(this.#cluster);
    const { rows } = await session.query<{ id: string }>('select id from writes');
    await session.close();
    const there = new Set(rows.map(({ id }) => Number(id)));
    return { gap: this.#gap, lost: this.acknowledged.filter((id) => !there.has(id)) };
  }

  async #write(first: PostgresConnection): Promise<void> {
    let session = first;
    for (let id = 0; !this.#stopping; id += 1) {
      try {
        await session.query('insert into writes values ($1)', [id]);
        const now = performance.now();
        this.#gap = Math.max(this.#gap, now - this.#last);
        this.#last = now;
        this.acknowledged.push(id);
      } catch (thrown) {
        this.failures.push(thrown);
        if (!session.alive) session = await throughPooler(this.#cluster).catch(() => session);
      }
      await delay(5);
    }
    await session.close();
  }
}

/** The member that accepts writes at this moment, by SQL; null when there is none. */
export async function primaryOf(cluster: Cluster): Promise<string | null> {
  for (const member of cluster.members) {
    const session = await connectTo({ cluster }, member).catch(() => null);
    if (!session) continue;
    const { rows } = await session.query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
    await session.close();
    if (rows[0]?.recovering === false) return member.name;
  }
  return null;
}
