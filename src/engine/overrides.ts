import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import type { Playbook } from '../playbook/playbook.ts';

/**
 * Refuses an override before anything is looked at: of what is no precheck of this playbook (USAGE), of a precheck that
 * nobody may override (OVERRIDE_FORBIDDEN), and one without a reason (USAGE).
 */
export function checkOverrides(
  playbook: Pick<Playbook, 'name' | 'prechecks'>,
  overrides: ReadonlyMap<string, string>,
): void {
  const ids = playbook.prechecks.map(({ id }) => id);
  for (const [id, reason] of overrides) {
    const precheck = playbook.prechecks.find((task) => task.id === id);
    if (!precheck) {
      const near = closest(id, ids);
      const known = ids.length === 0 ? `${playbook.name} has no prechecks` : `its prechecks are ${ids.join(', ')}`;
      throw new PgdbaError('USAGE', {
        facts: { problem: `--override ${id}: ${playbook.name} has no precheck of that name` },
        hint: near ? `did you mean --override ${near}?` : known,
      });
    }
    if (precheck.never_override) {
      throw new PgdbaError('OVERRIDE_FORBIDDEN', {
        facts: { precheck: id, playbook: playbook.name },
        hint: `put right what ${id} finds; look at it again with --check, which changes nothing`,
      });
    }
    if (reason.trim() === '') {
      throw new PgdbaError('USAGE', {
        facts: { problem: `--override ${id} needs a reason: it stands in the journal` },
        hint: 'add --reason "why it does not matter this time"',
      });
    }
  }
}
