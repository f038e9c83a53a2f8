import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { JournalStore } from '../../journal/store.ts';
import { diffRuns } from '../../report/diff-runs.ts';
import { RunFold, type RunView } from '../../report/run-view.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) =>
    cli
      .argument('<a>', 'id or any unique part of it, `last`, or `last:CLUSTER`')
      .argument('<b>', 'another run of the same playbook'),
  examples: ['pgdba runs diff 4H7Q2M8X last --format table'],
  async run({ services, operands: [first = '', second = ''] }) {
    const store = await services.store();
    const [a, b] = [await viewOf(store, first), await viewOf(store, second)];
    if (a.playbook !== b.playbook) {
      throw new PgdbaError('USAGE', {
        facts: { problem: `run ${a.id} is of playbook ${a.playbook}, run ${b.id} of ${b.playbook}` },
        hint: 'only runs of one playbook can be compared: pgdba runs list --format table',
      });
    }
    return { data: diffRuns(a, b) };
  },
};
export default command;

async function viewOf(store: JournalStore, operand: string): Promise<RunView> {
  const run = await store.resolve(operand);
  const fold = new RunFold();
  for await (const record of store.scan(run)) fold.add(record);
  return { ...fold.view(await store.guards(run)), id: run };
}
