import { driveRun } from '../drive-run.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  drives: true,
  define: (cli) => cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`'),
  examples: ['pgdba runs resume last', 'pgdba runs resume last --name demo --confirm'],
  async run(invocation) {
    const { services, globals, retry, operands } = invocation;
    return driveRun(invocation, async (io) => {
      const store = await services.store();
      const request = {
        run: await store.resolve(operands[0] ?? 'last'),
        yes: globals.yes,
        confirm: globals.confirm,
        name: globals.name,
        named: globals.name !== null,
        waitMs: globals.waitMs,
        retry,
      };
      return services.resume(request, io);
    });
  },
};
export default command;
