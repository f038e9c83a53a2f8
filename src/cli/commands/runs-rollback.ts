import { driveRun } from '../drive-run.ts';
import type { PlainCommand } from '../invocation.ts';
import { refuseCheck } from '../refuse-check.ts';

const command: PlainCommand = {
  drives: true,
  define: (cli) => {
    cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`');
  },
  examples: ['pgdba runs rollback last', 'pgdba runs rollback last:demo --reason "wrong day"'],
  async run(invocation) {
    refuseCheck(invocation, `pgdba runs show ${invocation.operands[0] ?? 'last'}`);
    const { services, globals, retry, operands } = invocation;
    return driveRun(invocation, async (io) => {
      const store = await services.store();
      const { yes, confirm, name, reason, waitMs } = globals;
      const run = await store.resolve(operands[0] ?? 'last');
      return services.rollback({ run, yes, confirm, name, named: name !== null, reason, waitMs, retry }, io);
    });
  },
};
export default command;
