import { join } from 'node:path';
import { chooseCluster } from '../../inventory/choose-cluster.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import type { PlainCommand } from '../invocation.ts';

/** What `cluster init` makes for applications: one role, one database of the same name. */
const user = 'app';

const command: PlainCommand = {
  define: (cli) => cli.option('--direct', 'past the pooler, to the member that accepts writes'),
  examples: ['pgdba cluster dsn --name demo', 'psql "$(pgdba cluster dsn --name demo | jq -r .data.dsn)"'],
  async run({ services, globals, config, options }) {
    const inventory = await services.inventory();
    const wanted = { name: globals.name ?? config.cluster.name, named: globals.name !== null };
    const { cluster } = chooseCluster(await inventory.list(), wanted);
    return { data: dsnOf(cluster, options.direct === true) };
  },
};
export default command;

function dsnOf(cluster: Cluster, direct: boolean): Record<string, unknown> {
  // A libpq password file, 0600: the password stays out of DSN, argv and environment.
  const passfile = join(cluster.directory, 'client', 'pgpass');
  const poolers = cluster.services.filter(({ kind }) => kind === 'pgbouncer');
  const members = dsn(cluster.members, { target_session_attrs: 'read-write', passfile });
  const pooled = poolers.length === 0 ? members : dsn(poolers, { passfile });
  return {
    cluster: cluster.name,
    dsn: direct ? members : pooled,
    direct_dsn: members,
    user,
    passfile,
    poolers: poolers.map(({ name, host, port }) => ({ name, host, port })),
  };
}

function dsn(places: readonly { host: string; port: number }[], parameters: Record<string, string>): string {
  const hosts = places.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  const query = Object.entries(parameters).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `postgresql://${user}@${hosts}/${user}?${query.join('&')}`;
}
