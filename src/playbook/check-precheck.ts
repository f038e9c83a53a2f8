import type { TaskDraft } from './decode-task.ts';
import type { Problems } from './problems.ts';

const notForPrechecks = ['for_each', 'retry', 'confirm', 'pivot', 'releases', 'rollback'];

/** All prechecks look once, before anything starts; there is nothing to ask, repeat or undo. */
export function checkPrecheck({ node }: TaskDraft, problems: Problems): void {
  for (const { key, at } of node.entries) {
    if (notForPrechecks.includes(key)) problems.add(at, `${key} does not go with a precheck`, 'move the task to tasks');
  }
}
