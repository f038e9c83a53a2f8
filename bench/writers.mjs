// Clients that write all the time, and how long their writes stood still: the same for every side of a comparison.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const every = 2;
const table = 'bench_writes';

/** Makes the table that the writers fill; emptied for each round. */
export async function prepareTable(connect) {
  const client = await connect();
  await client.query(`create table if not exists ${table} (id text primary key)`);
  await client.query(`truncate ${table}`);
  await client.end();
}

/**
 * `count` clients, each an insert every 2 ms, each acknowledged id remembered. `addresses`: tried in turn by a client
 * whose connection broke, as libpq does with a DSN of several hosts and target_session_attrs=read-write.
 */
export class Writers {
  #stopping = false;
  #acknowledged = [];
  #failed = 0;
  #failures = new Map();
  #clients;

  constructor({ addresses, user, password, database, count = 4 }) {
    this.#clients = Array.from({ length: count }, (_, number) =>
      this.#write(number, { addresses, user, password, database }),
    );
  }

  /** Resolves when every client has been acknowledged once. */
  async running() {
    while (new Set(this.#acknowledged.map(({ client }) => client)).size < this.#clients.length) await delay(5);
  }

  /** Ends the clients; `gap`: the longest time in ms in which nobody was acknowledged anything. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.#clients);
    const times = this.#acknowledged.map(({ at }) => at).sort((a, b) => a - b);
    const gap = times.reduce((longest, at, index) => Math.max(longest, at - (times[index - 1] ?? at)), 0);
    return {
      gap,
      failed: this.#failed,
      failures: Object.fromEntries(this.#failures),
      ids: this.#acknowledged.map(({ id }) => id),
    };
  }

  async #write(number, login) {
    let client;
    let host = 0;
    for (let count = 0; !this.#stopping; count += 1) {
      const id = `${number}-${count}`;
      try {
        client ??= await open(login, host);
        await client.query(`insert into ${table} values ($1)`, [id]);
        this.#acknowledged.push({ client: number, id, at: performance.now() });
        await delay(every);
      } catch (error) {
        // Finding the primary again is no failed transaction; a statement that was sent and refused is one.
        if (client) {
          this.#failed += 1;
          const words = `${error.code ?? ''} ${error.message}`.trim();
          this.#failures.set(words, (this.#failures.get(words) ?? 0) + 1);
        }
        await client?.end().catch(() => undefined);
        client = undefined;
        host += 1;
        await delay(every);
      }
    }
    await client?.end().catch(() => undefined);
  }
}

async function open({ addresses, user, password, database }, turn) {
  const { host, port } = addresses[turn % addresses.length];
  const client = new pg.Client({ host, port, user, password, database, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    if (addresses.length > 1) {
      const { rows } = await client.query('show transaction_read_only');
      if (rows[0].transaction_read_only !== 'off') throw new Error('a standby');
    }
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Acknowledged ids that the cluster does not have. */
export async function lost(connect, ids) {
  const client = await connect();
  try {
    const text = `select count(*)::int as lost from unnest($1::text[]) as id where not exists (select from ${table} t where t.id = id.id)`;
    const { rows } = await client.query(text.replace('as id where', 'as id(id) where'), [ids]);
    return rows[0].lost;
  } finally {
    await client.end();
  }
}
