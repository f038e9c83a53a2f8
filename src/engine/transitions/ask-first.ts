import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Scope } from '../../playbook/template.ts';
import type { DriveContext } from '../drive-context.ts';
import type { Unit } from '../transition.ts';

/** The task's own `confirm:` question, asked after its check said what would change. Errors: DECLINED. */
export async function askFirst(drive: DriveContext, unit: Unit, scope: Scope, signal: AbortSignal): Promise<void> {
  const { task, item } = unit;
  if (!task.confirm) return;
  const question = String(task.confirm.render(scope));
  const { prompt } = drive.parts;
  const at = { task: task.id, ...(item ? { item: item.key } : {}) };
  await drive.append({ type: 'task.asked', ...at, data: { question } });
  const yes = drive.parts.agreed || (prompt !== null && (await prompt.yesNo(question, [], signal)));
  const by = drive.parts.agreed ? '--yes' : prompt ? 'terminal' : 'nobody to ask';
  await drive.append({ type: 'task.answered', ...at, data: { yes, by } });
  if (yes) return;
  throw new PgdbaError('DECLINED', {
    hint: prompt ? 'run it again when you agree' : 'there was no terminal to ask on; agree beforehand with --yes',
  });
}
