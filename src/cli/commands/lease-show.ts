import { join } from 'node:path';
import { acknowledgements } from '../../engine/lease/acknowledge.ts';
import { leaseRoot } from '../../engine/lease/lease-paths.ts';
import { directoriesOf, type HeldCluster, heldClusters } from '../held-clusters.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<cluster>', 'name of the cluster'),
  examples: ['pgdba lease show demo --format table'],
  async run({ services, home, operands: [cluster = ''] }) {
    const known = await (await services.inventory()).list();
    const directories = directoriesOf(home, cluster, known).map((name) => join(leaseRoot(home), name));
    const held = heldClusters(home, known).filter((row) => row.cluster === cluster);
    const acks = directories.flatMap(acknowledgements).map(({ at, run, by, reason }) => ({ at, run, by, reason }));
    // A cluster has its leases, and so its acknowledgements, under its name and under its identity.
    const distinct = new Map(acks.map((ack) => [`${ack.run} ${ack.reason}`, ack]));
    return {
      data: {
        cluster,
        free: held.every(({ state }) => state !== 'held' && state !== 'quarantined'),
        next: held.map(nextFor),
        leases: held.map(({ cluster: _, ...row }) => row),
        acknowledged: [...distinct.values()],
      },
    };
  },
};
export default command;

/** What an operator can do about it. */
function nextFor({ state, run, cluster }: HeldCluster): string {
  switch (state) {
    case 'held':
      return `pgdba runs cancel ${run}`;
    case 'quarantined':
      return `pgdba lease ack ${run} --reason "…"`;
    case 'silent':
      return `pgdba lease steal ${cluster} --reason "…"`;
    case 'dead':
    case 'stolen':
      return `pgdba runs resume ${run}`;
  }
}
