import { stealLease } from '../../engine/lease/steal-lease.ts';
import { actorOf } from '../../inventory/actor.ts';
import { givenReason } from '../given-reason.ts';
import { directoriesOf, pathsOf } from '../held-clusters.ts';
import type { PlainCommand } from '../invocation.ts';
import { refuseCheck } from '../refuse-check.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<cluster>', 'name of the cluster whose holder is dead, or silent for 30 s'),
  examples: ['pgdba lease steal demo --reason "the machine hangs since 10:40"'],
  async run(invocation) {
    refuseCheck(invocation, `pgdba lease show ${invocation.operands[0] ?? ''}`);
    const { services, home, io, operands } = invocation;
    const [cluster = ''] = operands;
    const reason = givenReason(invocation, 'taking a lease away');
    const known = await (await services.inventory()).list();
    const paths = pathsOf(home, directoriesOf(home, cluster, known));
    const stolen = stealLease({ cluster, paths, by: actorOf(io.env), reason });
    const runs = [...new Set(stolen.map(({ run }) => run))];
    return { data: { cluster, stolen_from: runs, why: stolen[0]?.why ?? 'nobody holds it', reason } };
  },
};
export default command;
