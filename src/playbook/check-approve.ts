import { approveUses } from './approve.ts';
import { decodeInputs } from './decode-input.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { TaskDraft } from './decode-task.ts';
import { entryOf } from './node.ts';
import type { Problems } from './problems.ts';

const itsKeys = ['id', 'uses', 'with', 'when', 'timeout'];

/** An approval stops the whole run until it is answered: it stands alone, where a run can wait. */
export function checkApprove(task: TaskDraft, { tasks }: PlaybookDraft, problems: Problems): void {
  const { at, with: given } = task.uses;
  if (!tasks.includes(task)) problems.add(at, `${approveUses} stands in tasks only`, 'move it to tasks');
  if (task.branch) {
    const problem = `${approveUses} cannot stand in a branch: the other branches would not wait`;
    problems.add(at, problem, 'ask before the block');
  }
  for (const { key, at: place } of task.node.entries) {
    if (key === 'timeout')
      problems.add(place, `how long ${approveUses} waits stands in with`, 'with: { timeout: 24h }');
    else if (!itsKeys.includes(key)) {
      problems.add(place, `${key} does not go with ${approveUses}`, 'give it to the task that follows');
    }
  }
  const form = given && entryOf(given, 'form');
  if (form?.kind !== 'map') return;
  for (const input of decodeInputs(form, problems)?.values() ?? []) {
    if (input.format !== 'secret' && input.items?.format !== 'secret') continue;
    const place = entryOf(form, input.name) ?? form;
    problems.add(place, 'a form takes no secrets: what is filled in is journaled', 'make it an input of the playbook');
  }
}
