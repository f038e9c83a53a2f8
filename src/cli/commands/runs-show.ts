import type { RunSummary } from '../../journal/store.ts';
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
    const summary = await store.summary(id);
    const status = view.status ?? summary?.status ?? 'interrupted';
    if (view.records === 0 || status === 'never-began') {
      const known = summaryOf(id, summary);
      return { data: { ...view, ...known }, draw: (style) => renderTable(known, style) };
    }
    return { data: { ...view, id, status }, draw: (style) => renderTable(digestOf(view, status), style) };
  },
};
export default command;

/** What is known of a run without a record: the line that announced it. */
function summaryOf(id: string, summary: RunSummary | null): Readonly<Record<string, unknown>> {
  const { playbook, version, cluster, actor, reason, started_at } = summary ?? {};
  const began = summary?.status === 'running';
  return {
    id,
    status: began ? 'running' : 'never-began',
    ...(summary ? { playbook, version, cluster, actor, reason, started_at } : {}),
    what: began
      ? 'it is about to begin'
      : 'it was stopped before its first record: it never began, nothing was changed',
    next: began
      ? `pgdba runs tail ${id}`
      : 'start it again; take this one off the list with: pgdba runs doctor --repair',
  };
}
