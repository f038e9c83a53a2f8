import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Json } from '../../journal/record.ts';
import type { Task } from '../../playbook/playbook.ts';
import type { DriveContext } from '../drive-context.ts';
import { recordFailure } from '../record-failure.ts';
import type { LoopItem } from '../run-state.ts';
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
    const list = loop.in.evaluate(scope);
    if (!Array.isArray(list)) throw invalid(loop.in.text, 'it is not a list');
    const items: LoopItem[] = list.map((value: Json) => {
      const key = loop.key.evaluate({ ...scope, [loop.as]: value });
      return { key: String(key), value };
    });
    const twice = items.find(({ key }, index) => items.findIndex((other) => other.key === key) !== index);
    if (twice) throw invalid(loop.key.text, `two items have the key ${twice.key}`);
    await drive.append({ type: 'task.expanded', task: task.id, data: { items } });
  } catch (thrown) {
    await recordFailure(drive, { task, item: null }, thrown, performance.now());
  }
}

function invalid(expression: string, problem: string): PgdbaError {
  return new PgdbaError('EXPRESSION_FAILED', {
    facts: { expression, problem },
    hint: 'a loop takes a list, and a key that is different for each item',
  });
}
