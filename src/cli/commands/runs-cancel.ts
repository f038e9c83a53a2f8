import { PgdbaError } from '../../errors/pgdba-error.ts';
import { atMostOne } from '../at-most-one.ts';
import { cancelLiving } from '../cancel-living.ts';
import { driveRun } from '../drive-run.ts';
import type { Invocation, Outcome, PlainCommand } from '../invocation.ts';
import { refuseCheck } from '../refuse-check.ts';
import { reportedRun } from '../reported-run.ts';

type How = 'leave' | 'rollback' | null;

const command: PlainCommand = {
  drives: true,
  define: (cli) => {
    cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`');
    cli.option('--leave', 'leave the world as it is; the run can be resumed');
    cli.option('--rollback', 'undo what it did, as far as that can be undone');
    cli.option('--wait <duration>', 'wait at most this long until it has stopped (0: only ask; default: no limit)');
  },
  examples: [
    'pgdba runs cancel last',
    'pgdba runs cancel last --rollback --reason "wrong candidate"',
    'pgdba runs cancel last:demo --leave --wait 30s',
  ],
  async run(invocation) {
    refuseCheck(invocation, `pgdba runs show ${invocation.operands[0] ?? 'last'}`);
    const { services, operands } = invocation;
    const hint = 'give one of them, or none: then the playbook decides (on_cancel)';
    const how: How = atMostOne(invocation.options, ['leave', 'rollback'], hint);
    const store = await services.store();
    const run = await store.resolve(operands[0] ?? 'last');
    for (;;) {
      const summary = await store.summary(run);
      if (summary?.parent) throw ofParent(run, summary.parent);
      if (summary?.status !== 'running') break;
      const outcome = await cancelLiving(invocation, { run, pid: summary.pid ?? 0 }, how);
      if (outcome) return outcome;
    }
    return cancelLeft(invocation, run, how);
  },
};
export default command;

/** A run that nobody drives: there is nobody to ask, so it is ended or undone from here. */
async function cancelLeft(invocation: Invocation, run: string, how: How): Promise<Outcome> {
  const { services, globals, retry } = invocation;
  const report = await reportedRun(await services.store(), run);
  if (isEnded(report.status)) {
    throw new PgdbaError('NOTHING_TO_CANCEL', {
      facts: { run, status: report.status },
      hint: report.changed
        ? `undo what it did with: pgdba runs rollback ${run}`
        : `see it with: pgdba runs show ${run}`,
    });
  }
  // It is left already.
  if (how === 'leave') return { report };
  const { yes, confirm, name, reason, waitMs } = globals;
  const request = { run, how, reason, yes, confirm, name, named: name !== null, waitMs, retry };
  return driveRun(invocation, (io) => services.cancel(request, io));
}

function isEnded(status: string): boolean {
  return !['interrupted', 'drift', 'needs-decision', 'waiting'].includes(status);
}

function ofParent(run: string, parent: string): PgdbaError {
  return new PgdbaError('USAGE', {
    facts: { problem: `run ${run} was started by a task of another run` },
    hint: `pgdba runs cancel ${parent}`,
  });
}
