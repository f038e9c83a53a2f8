import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresConnection } from '../clients/postgres.ts';
import { lockKey } from './lock-key.ts';

/** Who wants which locks. */
export interface LockOrder {
  readonly run: string;
  readonly keys: readonly string[];
  /** Runs whose leases this one took over: what is left of their sessions may be ended. */
  readonly passedOver: ReadonlySet<string>;
}

export type LockAnswer =
  | { readonly is: 'held'; readonly session: LockSession }
  | { readonly is: 'busy'; readonly holder: LockHolder }
  /** There is no primary that answers SQL. */
  | { readonly is: 'nowhere'; readonly why: string };

/** The session that holds the locks; they end with it. */
export interface LockSession {
  readonly member: string;
  /** False once the server, or the network, ended it. Asks nobody. */
  readonly alive: boolean;
  close(): Promise<void>;
}

/** Whose session has a lock. */
export interface LockHolder {
  /** A run's id; for a stranger its application_name. */
  readonly run: string;
  readonly member: string;
  readonly address: string;
  /** RFC 3339. */
  readonly since: string;
}

/** How long a session that is over may stay in the server, in ms. */
const lingering = 2_000;
const lookEvery = 25;
const closeWithin = 1_000;

/** Takes all locks on this connection or none; a connection that got none is closed. Errors: CONNECTION_LOST, SQL_FAILED. */
export async function takeLocks(
  connection: PostgresConnection,
  member: string,
  { run, keys, passedOver }: LockOrder,
): Promise<LockAnswer> {
  try {
    await connection.query(settings);
    const end = performance.now() + lingering;
    for (;;) {
      const busy = await tryAll(connection, keys);
      if (!busy) return { is: 'held', session: sessionOn(connection, member) };
      const { pid, ...holder } = busy;
      if (passedOver.has(holder.run)) await connection.query('select pg_catalog.pg_terminate_backend($1)', [pid]);
      // Our own name: an earlier process of this run, whose end the server has not noticed yet.
      const leaving = passedOver.has(holder.run) || holder.run === run;
      if (!leaving || performance.now() > end) {
        await close(connection);
        return { is: 'busy', holder: { ...holder, member } };
      }
      await delay(lookEvery);
    }
  } catch (thrown) {
    await close(connection);
    throw thrown;
  }
}

// The server must notice a client that is gone with its machine, and must not end one that has nothing to say.
const settings = `
  select pg_catalog.set_config(name, wanted, false)
    from pg_catalog.pg_settings
    join (values ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '3'),
                 ('idle_session_timeout', '0')) as ours (name, wanted) using (name)`;

interface Holding {
  readonly pid: number;
  readonly run: string;
  readonly address: string;
  readonly since: string;
}

/** Undefined when all were got. */
async function tryAll(connection: PostgresConnection, keys: readonly string[]): Promise<Holding | undefined> {
  for (const leaseKey of keys) {
    const { space, key } = lockKey(leaseKey);
    const { rows } = await connection.query<{ got: boolean }>('select pg_catalog.pg_try_advisory_lock($1, $2) as got', [
      space,
      key,
    ]);
    if (rows[0]?.got === true) continue;
    await connection.query('select pg_catalog.pg_advisory_unlock_all()');
    // Undefined: it ended between the two questions.
    const holder = await readHolder(connection, space, key);
    return holder ?? tryAll(connection, keys);
  }
  return undefined;
}

async function readHolder(connection: PostgresConnection, space: number, key: number): Promise<Holding | undefined> {
  const { rows } = await connection.query<Holding>(
    `select pid, pg_catalog.regexp_replace(application_name, '^pgdba/', '') as run,
            coalesce(pg_catalog.host(client_addr), 'the same machine') as address,
            pg_catalog.to_char(backend_start at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since
       from pg_catalog.pg_locks join pg_catalog.pg_stat_activity using (pid)
      where locktype = 'advisory' and granted and classid = $1 and objid = $2 and objsubid = 2
        and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())`,
    [space, key],
  );
  return rows[0];
}

function sessionOn(connection: PostgresConnection, member: string): LockSession {
  connection.keepsProcess(false);
  return {
    member,
    get alive() {
      return connection.alive;
    },
    close: () => close(connection),
  };
}

/** A server that is frozen does not answer a farewell; until then the program must not end for want of work. */
async function close(connection: PostgresConnection): Promise<void> {
  connection.keepsProcess(true);
  const done = new AbortController();
  const patience = delay(closeWithin, undefined, { signal: done.signal }).catch(() => undefined);
  await Promise.race([connection.close(), patience]);
  done.abort();
  connection.keepsProcess(false);
}
