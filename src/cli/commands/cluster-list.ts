import type { Cluster } from '../../inventory/cluster.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  examples: ['pgdba cluster list --format table'],
  async run({ services }) {
    const inventory = await services.inventory();
    return { data: { clusters: (await inventory.list()).map(row) } };
  },
};
export default command;

function row(cluster: Cluster): Record<string, unknown> {
  const { name, provider, managed, environment, labels, pg_major, system_identifier, created_at } = cluster;
  return {
    name,
    provider,
    managed,
    protected: cluster.protected,
    environment,
    labels,
    pg_major,
    members: cluster.members.map((member) => member.name),
    poolers: cluster.services.filter(({ kind }) => kind === 'pgbouncer').map((service) => service.name),
    system_identifier,
    created_at,
  };
}
