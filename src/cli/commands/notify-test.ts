import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => {
    cli.argument('[target]', 'name of a target under `notifications:` (default: all of them)');
  },
  examples: ['pgdba notify test', 'pgdba notify test oncall --format table'],
  async run({ services, operands, config }) {
    if (config.notifications.length === 0) {
      throw new PgdbaError('USAGE', {
        facts: { problem: 'the configuration names no notification target' },
        hint: `write \`notifications:\` into ${config.file ?? `${services.home}/config.yaml`}; docs/notifications.md shows how`,
      });
    }
    const deliveries = await services.notifyTest(operands[0] ?? null);
    const data = {
      deliveries: deliveries.map(({ target, problem, attempts }) => ({
        target,
        told: problem === null,
        problem,
        attempts,
      })),
    };
    const failed = deliveries.flatMap(({ target, problem }) => (problem === null ? [] : [{ target, problem }]));
    if (failed.length === 0) return { data };
    const error = new PgdbaError('NOTIFICATION_FAILED', {
      facts: { problem: failed.map(({ target, problem }) => `${target}: ${problem}`).join('; ') },
      hint: `put right what it says, then: pgdba notify test ${failed[0]?.target}`,
    });
    return { data, error: error.toData(), exit: 1 };
  },
};
export default command;
