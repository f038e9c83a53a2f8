import { PgdbaError } from '../../errors/pgdba-error.ts';
import { atMostOne } from '../at-most-one.ts';
import { driveRun } from '../drive-run.ts';
import type { PlainCommand } from '../invocation.ts';
import { refuseCheck } from '../refuse-check.ts';

const command: PlainCommand = {
  drives: true,
  define: (cli) => {
    cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`');
    cli.option('--resolve <task=answer>', 'what you know about a task nobody can prove: done or not-done', collect, []);
    cli.option('--reapply', 'make again what has moved since the run made it');
    cli.option('--accept', 'take what has moved since as it is now');
    cli.option('--with-new-version', 'go on with the playbook as its file is now; what has begun must still be in it');
  },
  examples: [
    'pgdba runs resume last',
    'pgdba runs resume last --name demo --confirm',
    'pgdba runs resume last --resolve switch=done',
    'pgdba runs resume last --accept',
  ],
  async run(invocation) {
    refuseCheck(invocation, `pgdba runs show ${invocation.operands[0] ?? 'last'}`);
    const { services, globals, retry, operands, options } = invocation;
    return driveRun(invocation, async (io) => {
      const store = await services.store();
      const request = {
        run: await store.resolve(operands[0] ?? 'last'),
        yes: globals.yes,
        confirm: globals.confirm,
        name: globals.name,
        named: globals.name !== null,
        decisions: decisionsOf(options['resolve']),
        drift: atMostOne(options, ['reapply', 'accept'], 'make again what has moved, or take it as it is'),
        newVersion: options['withNewVersion'] === true,
        waitMs: globals.waitMs,
        retry,
      };
      return services.resume(request, io);
    });
  },
};
export default command;

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** `switch=done` → the decision about task switch. Errors: USAGE. */
function decisionsOf(given: unknown): ReadonlyMap<string, 'done' | 'not-done'> {
  const texts: readonly unknown[] = Array.isArray(given) ? given : [];
  return new Map(
    texts.map((text) => {
      const [, task, answer] = /^([^=]+)=(done|not-done)$/.exec(String(text)) ?? [];
      if (task && (answer === 'done' || answer === 'not-done')) return [task, answer] as const;
      throw new PgdbaError('USAGE', {
        facts: { problem: `--resolve ${text} is not a decision` },
        hint: 'write it as --resolve TASK=done or --resolve TASK=not-done',
      });
    }),
  );
}
