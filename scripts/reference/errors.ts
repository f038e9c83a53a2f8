import { codes, type ErrorCode } from '../../src/errors/codes.ts';
import type { RunStatus } from '../../src/journal/record.ts';
import { exitOfError, exitOfRun } from '../../src/output/exit-code.ts';
import { code, page, table } from './markdown.ts';

/** What the end of a run means, for people. A status without a sentence does not compile. */
const endings: Readonly<Record<RunStatus, string>> = {
  succeeded: 'done, and looked at',
  failed: 'a task failed; the hint says what is left',
  refused: 'a precheck did not hold, or nobody agreed: nothing was changed',
  declined: 'you said no: nothing was changed',
  'rolled-back': 'a task failed, and everything done before it was undone',
  'partly-rolled-back': 'a task failed, and something done before it was kept; the report says what and why',
  'rollback-failed': 'undoing failed too; the report says where',
  'needs-decision': 'pgdba cannot know how a task ended: look, then `pgdba runs resume`',
  drift: 'the world is not as the run left it',
  waiting: 'somebody has to approve: `pgdba runs approvals`',
  interrupted: 'stopped in the middle: `pgdba runs resume` goes on',
  cancelled: 'stopped on request',
};

/** docs/reference/errors.md: how runs end, and every error code. */
export function errorPage(): string {
  const intro =
    'An error has a code that never changes, a sentence, facts and a hint: on stderr for people, in the envelope for ' +
    'programs. `{…}` is filled from the facts.';
  const statuses = Object.entries(endings) as [RunStatus, string][];
  const ends = table(
    ['status of a run', 'exit', ''],
    statuses.map(([status, meaning]) => [code(status), String(exitOfRun(status, null)), meaning]),
  );
  const known = (Object.keys(codes) as ErrorCode[]).sort();
  const rows = known.map((name) => {
    const { class: kind, message } = codes[name];
    const exit = exitOfError({ code: name, class: kind, error: message, facts: {}, hint: '' });
    return [code(name), kind, String(exit), message];
  });
  return page('Errors and exit codes', intro, [
    '## How a run ends',
    ends,
    'A run that ends `failed` or `interrupted` because its journal could not be written exits with 74, because of a defect ' +
      'of pgdba with 70.',
    '## Error codes',
    'The exit code is that of a command without a run; inside a run the status of the run decides.',
    table(['code', 'class', 'exit', 'sentence'], rows),
  ]);
}
