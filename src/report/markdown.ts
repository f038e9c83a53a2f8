import { lasted, moment, outcomeOf, pairsOf, placeOf, type RunReport, tellTask, totalMs } from './run-report.ts';
import type { TaskView } from './task-list.ts';

/** A run as text for the ticket. */
export function toMarkdown(report: RunReport): string {
  const { view, evidence } = report;
  const on = view.cluster === null ? '' : ` on ${text(view.cluster)}`;
  const tasks = view.tasks.filter(({ status }) => status !== 'expanded');
  const parts = [
    `# ${text(view.playbook)} ${text(view.version)}${on}: ${outcomeOf(report)}`,
    facts([
      ['who', `${view.actor} on ${view.host}`],
      ['why', view.reason ?? 'no reason was given'],
      ['when', when(report)],
      ['agreed by', view.consent],
      ['run', view.id],
      ...(view.parent === null ? [] : ([['started by run', view.parent]] as const)),
    ]),
    section('What changed', changes(tasks)),
    section('Outcome', facts(pairsOf(view.outputs))),
    section('What went wrong', errors(report)),
    section('Held up', holds(report)),
    section('Who stepped in', interventions(report)),
    section('Inputs', facts(pairsOf(view.inputs))),
    section('Tasks', table(['task', 'outcome', 'took', 'what'], tasks.map(taskRow))),
    section('Watched beside it', probes(report)),
    section('Rolled back', rollback(report)),
    section(
      'Evidence',
      facts([
        ['records', String(evidence.records)],
        ['head hash', `\`${evidence.head}\``],
        [
          'verified',
          `${moment(evidence.verified_at)} with pgdba ${view.pgdba}: every record follows from the one before`,
        ],
        ...(evidence.torn_bytes === 0 ? [] : ([['torn bytes', String(evidence.torn_bytes)]] as const)),
      ]),
    ),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function when(report: RunReport): string {
  const { started_at, ended_at } = report.view;
  const took = lasted(totalMs(report.view));
  return ended_at === null
    ? `${moment(started_at)}, not ended`
    : `${moment(started_at)} to ${moment(ended_at)}, ${took}`;
}

function changes(tasks: readonly TaskView[]): string {
  const changed = tasks.filter((task) => task.changed);
  if (changed.length === 0) return 'Nothing.';
  return changed.map((task) => `- ${text(placeOf(task))}: ${text(task.summary ?? 'changed')}`).join('\n');
}

function errors({ view }: RunReport): string {
  const own = view.error ? [{ where: 'run', error: view.error }] : [];
  const failed = view.tasks.flatMap((task) => (task.error ? [{ where: placeOf(task), error: task.error }] : []));
  const undone = view.rollback.flatMap((undo) =>
    undo.error ? [{ where: `undoing ${placeOf(undo)}`, error: undo.error }] : [],
  );
  return [...own, ...failed, ...undone]
    .map(({ where, error }) => {
      const hint = error.hint === '' ? '' : `\n  What to do: ${text(error.hint)}`;
      return `- ${text(where)}: ${text(error.error)} (${error.code})${hint}`;
    })
    .join('\n');
}

function holds({ view }: RunReport): string {
  const rows = view.holds.map((hold) => [
    placeOf(hold),
    moment(hold.taken_at),
    lasted(hold.ms),
    hold.released_by ?? 'nobody yet',
  ]);
  return table(['hold', 'from', 'lasted', 'released by'], rows);
}

function interventions({ view }: RunReport): string {
  const rows = view.interventions.map(({ at, what, task, by, why }) => [moment(at), what, task, by, why]);
  return table(['when', 'what', 'task', 'who', 'why'], rows);
}

function taskRow(task: TaskView): (string | null)[] {
  return [placeOf(task), task.status, lasted(task.ms), tellTask(task)];
}

function probes({ view }: RunReport): string {
  const lines = view.probes.map(({ id, out, must, error }) => {
    const judged = must ? ` ${must.holds ? 'held' : 'did not hold'}: ${must.text}.` : '';
    const seen = error ? error.error : pairsOf(out).map(([name, value]) => `${name} ${value}`);
    return `- ${text(id)}:${text(judged)} ${text(String(seen))}`;
  });
  return lines.join('\n');
}

function rollback({ view }: RunReport): string {
  const rows = view.rollback.map((undo) => [
    placeOf(undo),
    undo.status,
    lasted(undo.ms),
    undo.error?.error ?? undo.why,
  ]);
  return table(['task', 'outcome', 'took', 'what'], rows);
}

function section(title: string, body: string): string {
  return body === '' ? '' : `## ${title}\n\n${body}`;
}

function facts(pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .map(([name, value]) => (name === '' ? `- ${text(value)}` : `- **${text(name)}**: ${text(value)}`))
    .join('\n');
}

function table(head: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly (string | null)[]): string =>
    `| ${cells.map((cell) => text(cell ?? '')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Text of the world on one line, with nothing in it that Markdown would take for its own; code spans stay. */
function text(value: string): string {
  if (/^`[0-9a-f]*`$/.test(value)) return value;
  return value
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\\`*_[\]|<>#]/g, '\\$&')
    .trim();
}
