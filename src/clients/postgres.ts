import { Socket } from 'node:net';
import type { Client } from 'pg';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Secret } from '../secrets/secret.ts';
import { requestCancel } from './cancel-request.ts';
import { endStatement, within } from './end-statement.ts';
import { abortError, connectError, type Login, queryError } from './postgres-errors.ts';
import { textTypes } from './text-types.ts';

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret | undefined;
  readonly database: string;
  readonly application_name: string;
  readonly connectTimeoutMs: number;
  readonly signal?: AbortSignal;
}

export type Row = Record<string, unknown>;

export interface QueryAnswer<R> {
  /** Numbers that JavaScript cannot hold exactly (int8, numeric) and all dates and times are text. */
  readonly rows: R[];
  /** Rows returned or changed; null for commands that count nothing. */
  readonly count: number | null;
  readonly columns: readonly string[];
  /** What the server says it did: SELECT, UPDATE, … */
  readonly command: string;
}

export interface QueryOptions {
  /** Aborting closes the connection: the server ends the statement when it notices. */
  readonly signal?: AbortSignal;
  /** A text with several statements is refused (42601). */
  readonly single?: boolean;
  /**
   * Aborting ends the statement in the server too, with its transaction, and waits for that (some seconds at most); when
   * it was over already, its answer counts. Errors: STATEMENT_ALIVE when it could not be ended.
   */
  readonly ends?: boolean;
}

/** `$1`, `$2` … in the text stand for the values. */
export type Query = <R = Row>(
  text: string,
  values?: readonly unknown[],
  options?: QueryOptions,
) => Promise<QueryAnswer<R>>;

export interface PostgresConnection {
  /** host:port/database, for messages */
  readonly server: string;
  readonly query: Query;
  /**
   * Runs `fn` in one READ ONLY transaction and commits it. Statements run one at a time; a text with several is
   * refused (42601), as is a statement that ends the transaction.
   */
  readOnly<T>(fn: (query: Query) => Promise<T>, options?: ReadOnlyOptions): Promise<T>;
  /** False once the server or the network ended the connection. */
  readonly alive: boolean;
  /** No statement is under way or waits for its turn. */
  readonly idle: boolean;
  /** Process id of the server's side; a pooler makes one up. */
  readonly pid: number | null;
  /** Whether this connection alone keeps the process from ending; true when it is opened. */
  keepsProcess(keeps: boolean): void;
  close(): Promise<void>;
}

export interface ReadOnlyOptions extends QueryOptions {
  /** Longest time for each statement [30 s]. */
  readonly statementTimeoutMs?: number;
}

/** Opens one connection. Errors: AUTH_FAILED, CONNECT_FAILED, SQL_FAILED (no such database). */
export async function connect(options: ConnectOptions): Promise<PostgresConnection> {
  const server = `${options.host}:${options.port}/${options.database}`;
  if (options.signal?.aborted) throw abortError(options.signal, server, 'pgdba gave up before it connected');
  const { default: pg } = await import('pg');
  const login: Login = { asked: false, accepted: false, password: options.password !== undefined };
  const client = new pg.Client({
    host: options.host,
    port: options.port,
    user: options.user,
    // A function, because with no password pg would look into PGPASSWORD and ~/.pgpass: another user's secret.
    password: () => {
      login.asked = true;
      return options.password?.reveal() ?? '';
    },
    database: options.database,
    application_name: options.application_name,
    connectionTimeoutMillis: options.connectTimeoutMs,
    ssl: false,
    options: '',
    keepAlive: true,
    // The kernel's own first probe would come after two hours.
    keepAliveInitialDelayMillis: 10_000,
    types: textTypes(pg.types),
  });
  const state: State = { client, options, server, backend: null, lost: undefined, turn: Promise.resolve(), waiting: 0 };
  // Without a listener an idle connection that breaks would end the whole process.
  client.on('error', (error) => {
    state.lost ??= error;
  });
  client.on('end', () => {
    state.lost ??= new Error('the server closed the connection');
  });
  client.connection.once('authenticationOk', () => {
    login.accepted = true;
  });
  client.connection.once('backendKeyData', (told: { readonly processID: number; readonly secretKey: number }) => {
    state.backend = { pid: told.processID, key: told.secretKey };
  });
  try {
    await abortable(client, options.signal, client.connect());
  } catch (thrown) {
    client.connection.stream.destroy();
    throw options.signal?.aborted
      ? abortError(options.signal, server)
      : connectError(thrown, server, options.user, login);
  }
  return connection(state);
}

interface State {
  readonly client: Client;
  readonly options: ConnectOptions;
  readonly server: string;
  backend: { readonly pid: number; readonly key: number } | null;
  lost: Error | undefined;
  /** Ends when the statements that were asked for earlier are done. */
  turn: Promise<unknown>;
  /** How many were asked for and are not done. */
  waiting: number;
}

function connection(state: State): PostgresConnection {
  const query: Query = (text, values, options) =>
    inTurn(state, () => run(state, text, values, options, options?.single ? 'extended' : 'auto'));
  return {
    server: state.server,
    query,
    readOnly: (fn, options) => inTurn(state, () => readOnly(state, fn, options)),
    get alive() {
      return state.lost === undefined;
    },
    get pid() {
      return state.backend?.pid ?? null;
    },
    get idle() {
      return state.waiting === 0;
    },
    keepsProcess(keeps) {
      const { stream } = state.client.connection;
      if (stream instanceof Socket) keeps ? stream.ref() : stream.unref();
    },
    async close() {
      if (state.lost === undefined) await state.client.end().catch(() => undefined);
      state.client.connection.stream.destroy();
    },
  };
}

async function readOnly<T>(state: State, fn: (query: Query) => Promise<T>, options: ReadOnlyOptions = {}): Promise<T> {
  const inner: Query = async (text, values, more) => {
    const answer = await run(state, text, values, { ...options, ...more }, 'extended');
    if (state.client.getTransactionStatus() === 'I') {
      throw new PgdbaError('SQL_FAILED', {
        facts: { server: state.server, sqlstate: '25006', problem: `${answer.command} ends the read-only transaction` },
        hint: 'leave transaction commands out of a statement that only reads',
      });
    }
    return answer as never;
  };
  await run(state, 'begin transaction read only', undefined, options, 'auto');
  try {
    // A query, not SET LOCAL: after it nobody can say SET TRANSACTION READ WRITE any more.
    await inner("select pg_catalog.set_config('statement_timeout', $1, true)", [
      String(options.statementTimeoutMs ?? 30_000),
    ]);
    const result = await fn(inner);
    await run(state, 'commit', undefined, options, 'auto');
    return result;
  } catch (thrown) {
    if (state.lost === undefined) await run(state, 'rollback', undefined, {}, 'auto').catch(() => undefined);
    throw thrown;
  }
}

/** `extended` is the protocol that takes exactly one statement; `auto` uses it only when there are values. */
async function run<R>(
  state: State,
  text: string,
  values: readonly unknown[] | undefined,
  { signal, ends = false }: QueryOptions = {},
  queryMode: 'auto' | 'extended',
): Promise<QueryAnswer<R>> {
  const { client, server } = state;
  if (signal?.aborted) {
    if (ends) await leave(state);
    throw abortError(signal, server, 'pgdba gave up before the statement was sent');
  }
  if (state.lost) throw queryError(state.lost, server, false);
  try {
    // @types/pg does not know queryMode
    const config = { text, ...(values ? { values: [...values] } : {}), queryMode };
    const asked = client.query<Row>(config);
    const answer = await (signal && ends ? endable(state, signal, asked) : abortable(client, signal, asked));
    // Several statements in one text give a list of answers: the last one counts, as in psql.
    const last = Array.isArray(answer) ? (answer as (typeof answer)[]).at(-1) : answer;
    return {
      rows: (last?.rows ?? []) as R[],
      count: last?.rowCount ?? null,
      columns: last?.fields.map(({ name }) => name) ?? [],
      command: last?.command ?? '',
    };
  } catch (thrown) {
    if (thrown instanceof PgdbaError) throw thrown;
    if (signal?.aborted)
      throw abortError(signal, server, ends ? 'pgdba gave up waiting and ended the statement' : undefined);
    throw queryError(thrown, server, state.lost === undefined && !client.connection.stream.destroyed);
  }
}

async function inTurn<T>(state: State, work: () => Promise<T>): Promise<T> {
  state.waiting += 1;
  const mine = state.turn.then(work).finally(() => {
    state.waiting -= 1;
  });
  state.turn = mine.catch(() => undefined);
  return mine;
}

/** Once aborted, answers when the server has ended the statement and its session. */
async function endable<T>(state: State, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const heard = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: heard.signal });
  });
  const over = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([over, aborted]);
  heard.abort();
  if (!signal.aborted) return work;
  const { host, port } = state.options;
  const ended = await endStatement({
    over,
    cancel: async (ms) => state.backend && requestCancel({ host, port, ...state.backend }, ms),
    terminate: (ms) => terminate(state, ms),
  });
  await leave(state);
  if (ended) return work;
  throw new PgdbaError('STATEMENT_ALIVE', {
    facts: {
      server: state.server,
      pid: state.backend?.pid ?? null,
      problem: 'it was cancelled and terminated in vain',
    },
    hint: `see what it does: select * from pg_stat_activity where application_name = '${state.options.application_name}'`,
    cause: signal.reason,
  });
}

/** By a second session. The name is asked for too, since the process id may be a pooler's invention. */
async function terminate({ options, backend }: State, withinMs: number): Promise<void> {
  const signal = AbortSignal.timeout(withinMs);
  const second = await connect({ ...options, signal });
  try {
    await second.query(
      `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
        where pid = $1 and application_name = $2::name::text`,
      [backend?.pid ?? 0, options.application_name],
      { signal },
    );
  } finally {
    await second.close();
  }
}

/** The server closes its side once the session's transaction and locks are gone. */
async function leave(state: State): Promise<void> {
  if (state.lost === undefined) await within(state.client.end(), 2_000);
  state.lost ??= new Error('pgdba gave up and closed the connection');
  state.client.connection.stream.destroy();
}

async function abortable<T>(client: Client, signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  const stop = () => client.connection.stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
