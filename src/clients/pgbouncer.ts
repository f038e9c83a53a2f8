import { PgdbaError } from '../errors/pgdba-error.ts';
import { type ConnectOptions, connect, type PostgresConnection, type QueryOptions, type Row } from './postgres.ts';

/** PgBouncer's admin console. It knows the simple query protocol only: no bound values, no transactions. */
export interface PgBouncerConsole {
  /** `SHOW name` as rows, with PgBouncer's own column names (they differ between versions). */
  show(name: string, options?: QueryOptions): Promise<Row[]>;
  pools(options?: QueryOptions): Promise<Row[]>;
  databases(options?: QueryOptions): Promise<Row[]>;
  /** Reads the configuration and the included target file again. */
  reload(options?: QueryOptions): Promise<void>;
  /** e.g. `1.18.0` */
  version(options?: QueryOptions): Promise<string>;
  /** One console command as it stands (`PAUSE`, `RESUME`); refusals are SQL_FAILED with sqlstate 08P01. */
  command(text: string, options?: QueryOptions): Promise<void>;
  close(): Promise<void>;
}

/** Errors: AUTH_FAILED, CONNECT_FAILED. */
export async function connectConsole(options: Omit<ConnectOptions, 'database'>): Promise<PgBouncerConsole> {
  return consoleOn(await connect({ ...options, database: 'pgbouncer' }));
}

/** The console on a connection to database `pgbouncer`. */
export function consoleOn(connection: PostgresConnection): PgBouncerConsole {
  const show = async (name: string, more?: QueryOptions): Promise<Row[]> => {
    if (!/^[a-z_]+$/i.test(name))
      throw new PgdbaError('BUG', { facts: { problem: `SHOW ${name} is not a console command` } });
    return (await connection.query(`SHOW ${name}`, undefined, more)).rows;
  };
  const command = async (text: string, more?: QueryOptions) => {
    await connection.query(text, undefined, more);
  };
  return {
    show,
    command,
    pools: (more) => show('POOLS', more),
    databases: (more) => show('DATABASES', more),
    reload: (more) => command('RELOAD', more),
    async version(more) {
      const [row] = await show('VERSION', more);
      const text = String(Object.values(row ?? {})[0] ?? '');
      return /(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1] ?? text;
    },
    close: () => connection.close(),
  };
}
