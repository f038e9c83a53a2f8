import { type HeldCluster, heldClusters } from '../held-clusters.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  examples: ['pgdba lease list --format table'],
  async run({ services, home }) {
    const known = await (await services.inventory()).list();
    return { data: { leases: heldClusters(home, known).map(row) } };
  },
};
export default command;

function row({ cluster, keys, run, holder, since, state }: HeldCluster) {
  return { cluster, keys, run, holder, since, state };
}
