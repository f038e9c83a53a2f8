import type { Task } from '../../playbook/playbook.ts';
import type { DriveContext } from '../drive-context.ts';
import { loopItems } from '../loop-items.ts';
import { recordFailure } from '../record-failure.ts';
import { scopeOf } from '../scope.ts';

/** Evaluates a loop's list once and journals it: a resume works through the same items. */
export async function expandLoop(drive: DriveContext, task: Task): Promise<void> {
  const { for_each: loop } = task;
  if (!loop) throw new Error(`task ${task.id} has no for_each`);
  try {
    const scope = scopeOf(drive.parts.journal.run, drive.state, null);
    if (task.when && task.when.evaluate(scope) !== true) {
      return void (await drive.append({ type: 'task.skipped', task: task.id, data: { why: task.when.text } }));
    }
    const items = loopItems(loop, scope);
    await drive.append({ type: 'task.expanded', task: task.id, data: { items } });
  } catch (thrown) {
    await recordFailure(drive, { task, item: null }, thrown, performance.now());
  }
}
