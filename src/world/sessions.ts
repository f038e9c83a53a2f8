import type { PostgresConnection } from '../clients/postgres.ts';
import { connect } from '../clients/postgres.ts';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster, Service } from '../inventory/cluster.ts';
import type { Provider } from '../providers/provider.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { resolveSecret } from '../secrets/resolve.ts';

/** How long an unused connection waits for the next verb of its run. */
const restMs = 5000;

/**
 * Connections that one verb of one task uses at a time: opened when first asked for. When the verb is over they rest, and
 * the next verb of the run may take them up: while clients are held, a login costs more than the question.
 */
export class Sessions {
  readonly #provider: Provider;
  readonly #redactor: Redactor;
  readonly #applicationName: string;
  readonly #open = new Map<string, Promise<PostgresConnection>>();
  /** Those of them that are connected. */
  readonly #ready = new Map<string, PostgresConnection>();
  #end: NodeJS.Timeout | undefined;

  constructor(provider: Provider, redactor: Redactor, applicationName: string) {
    this.#provider = provider;
    this.#redactor = redactor;
    this.#applicationName = applicationName;
  }

  /** To one member as superuser. The first use of a session proves that it reached the recorded system. */
  member(cluster: Cluster, name: string, database: string): Promise<PostgresConnection> {
    return this.#reuse(`${name}/${database}`, async () => {
      const member = cluster.members.find((candidate) => candidate.name === name);
      if (!member) throw unknownMember(cluster, name);
      const connection = await this.#connect(cluster, member, { user: 'postgres', secret: 'superuser', database });
      await proveIdentity(connection, cluster, name).catch(async (thrown: unknown) => {
        await connection.close();
        throw thrown;
      });
      return connection;
    });
  }

  /** Through a pooler as the application role. */
  pooled(cluster: Cluster, name: string, database: string): Promise<PostgresConnection> {
    return this.#reuse(`${name}/${database}`, () => {
      const service = cluster.services.find((candidate) => candidate.name === name);
      if (!service) throw new PgdbaError('SERVICE_UNKNOWN', { facts: { cluster: cluster.name, service: name } });
      return this.#connect(cluster, service, { user: 'app', secret: 'app', database });
    });
  }

  /** A pooler's console, as its administrator. */
  console(cluster: Cluster, pooler: Service): Promise<PostgresConnection> {
    return this.#reuse(`console of ${pooler.name}`, () =>
      this.#connect(cluster, pooler, { user: 'pgdba', secret: 'console', database: 'pgbouncer' }),
    );
  }

  /** Process ids of the sessions on this member. */
  pidsOn(member: string): number[] {
    return [...this.#ready].flatMap(([key, { pid, alive }]) =>
      key.startsWith(`${member}/`) && alive && pid !== null ? [pid] : [],
    );
  }

  /** The next verb begins. */
  rise(): void {
    clearTimeout(this.#end);
    for (const session of this.#ready.values()) session.keepsProcess(true);
  }

  /** The verb is over. What still opens, or waits for an answer, serves nobody any more. */
  rest(): void {
    for (const [key, opening] of this.#open) {
      const session = this.#ready.get(key);
      if (session?.alive && session.idle) {
        session.keepsProcess(false);
        continue;
      }
      this.#forget(key, opening);
      opening.then((late) => late.close()).catch(() => undefined);
    }
    this.#end = setTimeout(() => void this.close(), restMs).unref();
  }

  async close(): Promise<void> {
    const connections = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    this.#ready.clear();
    await Promise.allSettled(connections.flatMap((c) => (c.status === 'fulfilled' ? [c.value.close()] : [])));
  }

  /** A session that broke is made anew: who asks again wants to know the world as it is now. */
  async #reuse(key: string, make: () => Promise<PostgresConnection>): Promise<PostgresConnection> {
    const known = this.#open.get(key);
    if (known) {
      const session = await known;
      if (session.alive) return session;
      this.#forget(key, known);
      return this.#reuse(key, make);
    }
    const made = make();
    this.#open.set(key, made);
    made.then(
      (session) => {
        if (this.#open.get(key) === made) this.#ready.set(key, session);
      },
      () => this.#forget(key, made),
    );
    return made;
  }

  #forget(key: string, opening: Promise<PostgresConnection>): void {
    if (this.#open.get(key) !== opening) return;
    this.#open.delete(key);
    this.#ready.delete(key);
  }

  async #connect(
    cluster: Cluster,
    server: { readonly name: string; readonly host: string; readonly port: number },
    as: { readonly user: string; readonly secret: string; readonly database: string },
  ): Promise<PostgresConnection> {
    const address = await this.#provider.reach(cluster, server.name, { host: server.host, port: server.port });
    const reference = cluster.secrets[as.secret];
    return connect({
      ...address,
      user: as.user,
      password: reference === undefined ? undefined : await resolveSecret(reference, this.#redactor),
      database: as.database,
      application_name: this.#applicationName,
      connectTimeoutMs: 5000,
    });
  }
}

export function unknownMember(cluster: Cluster, name: string): PgdbaError {
  return new PgdbaError('MEMBER_UNKNOWN', {
    facts: { cluster: cluster.name, member: name },
    hint: `its members are ${cluster.members.map((member) => member.name).join(', ')}`,
  });
}

/** pg_control_system() exists since PostgreSQL 9.6 and is open to every role. */
async function proveIdentity(connection: PostgresConnection, cluster: Cluster, member: string): Promise<void> {
  if (cluster.system_identifier === null) return;
  const { rows } = await connection.query<{ system_identifier: string }>(
    'select system_identifier::text from pg_catalog.pg_control_system()',
  );
  const [row] = rows;
  if (row?.system_identifier === cluster.system_identifier) return;
  throw new PgdbaError('IDENTITY_MISMATCH', {
    facts: {
      where: member,
      cluster: cluster.name,
      found: row?.system_identifier ?? 'none',
      expected: cluster.system_identifier,
    },
    hint: 'another PostgreSQL answers on that port: find out which, before anything is changed',
  });
}
