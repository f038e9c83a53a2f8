import type { JournalStore } from '../../journal/store.ts';
import { runView } from '../../output/run-view.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`'),
  examples: ['pgdba runs show last --format table'],
  async run({ services, operands: [run = 'last'] }) {
    const store = await services.store();
    const id = await store.resolve(run);
    const view = runView(await store.read(id), await store.guards(id));
    return { data: { ...view, status: view.status ?? (await livingStatus(store, id)) } };
  },
};
export default command;

/** A journal without an end cannot tell whether its program still lives; the index can. */
async function livingStatus(store: JournalStore, id: string): Promise<string> {
  const runs = await store.list({ limit: Number.MAX_SAFE_INTEGER });
  return runs.find((run) => run.id === id)?.status ?? 'interrupted';
}
