import { renderTable } from '../../output/table.ts';
import { digestOf } from '../../report/run-digest.ts';
import { RunFold } from '../../report/run-view.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`'),
  examples: ['pgdba runs show last --format table'],
  async run({ services, operands: [run = 'last'] }) {
    const store = await services.store();
    const id = await store.resolve(run);
    const fold = new RunFold();
    for await (const record of store.scan(id)) fold.add(record);
    const view = fold.view(await store.guards(id));
    // A journal without an end cannot tell whether its program still lives; the index can.
    const status = view.status ?? (await store.summary(id))?.status ?? 'interrupted';
    return { data: { ...view, id, status }, draw: (style) => renderTable(digestOf(view, status), style) };
  },
};
export default command;
