import {
  defineStep,
  describe,
  type Look,
  type MemberLook,
  PgdbaError,
  type PoolerLook,
  satisfied,
  Type,
} from '../../src/step/index.ts';
import { within } from '../within.ts';

export default defineStep({
  id: 'pgbouncer.check-pools',
  version: 1,
  since: '0.2.0',
  summary: 'Prove that every pooler can hold its clients between transactions, and count the clients that bypass them.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({
    poolers: Type.Array(
      Type.Object({ name: Type.String(), databases: Type.Array(Type.String()), clients: Type.Integer() }),
    ),
    bypassing_clients: Type.Integer({
      description: 'Connected to the primary without a pooler: they will be cut off.',
    }),
    bypassing: Type.Array(
      Type.Object({ user: Type.String(), application: Type.String(), address: Type.String(), clients: Type.Integer() }),
    ),
  }),

  async check(look) {
    const poolers = await look.poolers();
    if (poolers.length === 0) return satisfied({ poolers: [], bypassing_clients: 0, bypassing: [] });
    const primary = await look.primary();
    const reports = await Promise.all(poolers.map((pooler) => inspect(pooler, primary)));
    const problems = reports.flatMap((report) => report.problems);
    if (problems.length > 0) throw unfit(look, problems);
    const bypassing = await readBypassing(primary, new Set(reports.flatMap(({ servers }) => servers)));
    return satisfied({
      poolers: reports.map(({ name, databases, clients }) => ({ name, databases, clients })),
      bypassing_clients: bypassing.reduce((sum, { clients }) => sum + clients, 0),
      bypassing,
    });
  },
});

interface Report {
  readonly name: string;
  readonly databases: string[];
  readonly clients: number;
  /** `address:port` of its side of every connection to a server. */
  readonly servers: readonly string[];
  readonly problems: readonly string[];
}

async function inspect(pooler: PoolerLook, primary: MemberLook): Promise<Report> {
  const { name } = pooler;
  const nothing = { name, databases: [], clients: 0, servers: [] };
  try {
    // One after the other: a console takes one command at a time.
    const databases = (await pooler.show('DATABASES')).filter(({ name: database }) => database !== 'pgbouncer');
    const problems = [
      ...(await modeProblems(pooler, databases)),
      ...databases
        .filter(({ paused, disabled }) => Number(paused) === 1 || Number(disabled) === 1)
        .map((database) => `${name}: database ${database['name']} is paused or disabled: RESUME or ENABLE it first`),
    ];
    if (problems.length === 0) problems.push(...(await leadProblems(pooler, primary)));
    const servers = (await pooler.show('SERVERS')).map(
      ({ local_addr: address, local_port: port }) => `${address}:${port}`,
    );
    const clients = (await pooler.show('CLIENTS')).filter(({ database }) => database !== 'pgbouncer').length;
    return { name, databases: databases.map((database) => String(database['name'])), clients, servers, problems };
  } catch (thrown) {
    return { ...nothing, problems: [`${name}: ${describe(thrown)}`] };
  }
}

/** Only in transaction mode does a PAUSE come to rest while clients stay connected. */
async function modeProblems(pooler: PoolerLook, databases: readonly Record<string, unknown>[]): Promise<string[]> {
  const config = await pooler.show('CONFIG');
  const usual = config.find(({ key }) => key === 'pool_mode')?.['value'] ?? 'session';
  const users = await pooler.show('USERS');
  const fits = (mode: unknown) => (mode || usual) === 'transaction' || (mode || usual) === 'statement';
  return [
    ...(fits(null) ? [] : [`${pooler.name}: pool_mode is ${usual}, not transaction`]),
    ...databases
      .filter(({ pool_mode: mode }) => mode && !fits(mode))
      .map((database) => `${pooler.name}: database ${database['name']} is pooled in ${database['pool_mode']} mode`),
    ...users
      .filter(({ pool_mode: mode }) => mode && !fits(mode))
      .map((user) => `${pooler.name}: user ${user['name']} is pooled in ${user['pool_mode']} mode`),
  ];
}

async function leadProblems(pooler: PoolerLook, primary: MemberLook): Promise<string[]> {
  const target = await pooler.target();
  const place = target ? `${target.host}:${target.port}` : 'nowhere';
  if (target?.host !== primary.host || target.port !== primary.port) {
    return [`${pooler.name}: leads to ${place}, not to ${primary.name} (${primary.host}:${primary.port})`];
  }
  const rows = await within(
    pooler.sql<{ recovering: boolean }>('select pg_catalog.pg_is_in_recovery() as recovering'),
    3000,
  );
  if (rows === null) return [`${pooler.name}: lets nothing through within 3s; is it paused? Then RESUME it first`];
  return rows[0]?.recovering === false ? [] : [`${pooler.name}: leads to a standby`];
}

/** pgdba and Patroni themselves are no clients. */
async function readBypassing(primary: MemberLook, servers: ReadonlySet<string>) {
  const rows = await primary.sql<{ user: string; application: string; address: string; port: number }>(`
    select coalesce(usename, '') as user, application_name as application,
           coalesce(pg_catalog.host(client_addr), 'local') as address, coalesce(client_port, -1) as port
      from pg_catalog.pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid()
       and application_name not like 'pgdba%' and application_name not like 'Patroni%'`);
  const counted = new Map<string, { user: string; application: string; address: string; clients: number }>();
  for (const { user, application, address, port } of rows) {
    if (servers.has(`${address}:${port}`)) continue;
    const key = JSON.stringify([user, application, address]);
    const known = counted.get(key) ?? { user, application, address, clients: 0 };
    counted.set(key, { ...known, clients: known.clients + 1 });
  }
  return [...counted.values()];
}

function unfit({ target }: Look, problems: readonly string[]): PgdbaError {
  return new PgdbaError('POOLERS_UNFIT', {
    facts: { problems },
    hint: `start what is down (pgdba cluster start --name ${target.name}), set pool_mode = transaction and RELOAD, or RESUME in its console`,
  });
}
