import { escapeMarkup as text } from './escape-markup.ts';
import { style } from './html-style.ts';
import { timeline } from './html-timeline.ts';
import { lasted, moment, outcomeOf, pairsOf, placeOf, type RunReport, tellTask, totalMs } from './run-report.ts';
import type { TaskView } from './task-list.ts';

/** A run as one page that needs nothing but itself: no network, no script. Follows the reader's light or dark. */
export function toHtml(report: RunReport): string {
  const { view, status } = report;
  const on = view.cluster === null ? '' : ` on ${view.cluster}`;
  const title = `${view.playbook}${on}`;
  const sections = [
    section('What went wrong', errors(report)),
    section('Timeline', timeline(view)),
    section('What changed', changes(view.tasks)),
    section('Outcome', facts(pairsOf(view.outputs))),
    section('Clients held', holds(report)),
    section('Watched beside it', probes(report)),
    section('Who stepped in', interventions(report)),
    section('Prechecks', tasks(view.tasks.filter(({ kind }) => kind === 'precheck'))),
    section('Tasks', tasks(view.tasks.filter(({ kind }) => kind === 'task'))),
    section('Rolled back', rollback(report)),
    section('Inputs', facts(pairsOf(view.inputs))),
    section('Evidence', evidence(report)),
  ];
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${text(`${title}: ${status}`)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    `<header><p class="run">pgdba run <code>${text(view.id)}</code></p>`,
    `<h1>${text(title)} <span class="pill ${tone(status)}">${text(outcomeOf(report))}</span></h1>`,
    facts(headFacts(report)),
    '</header>',
    ...sections.filter((part) => part !== ''),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function headFacts({ view }: RunReport): [string, string][] {
  const took = lasted(totalMs(view));
  return [
    ['Who', `${view.actor} on ${view.host}`],
    ['Why', view.reason ?? 'no reason was given'],
    ['Began', moment(view.started_at)],
    ['Ended', view.ended_at === null ? 'not yet' : `${moment(view.ended_at)}, after ${took}`],
    ['Playbook', `${view.playbook} ${view.version}, risk ${view.risk}`],
    ['Agreed by', view.consent],
    ...(view.parent === null ? [] : ([['Started by run', view.parent]] satisfies [string, string][])),
  ];
}

function errors({ view }: RunReport): string {
  const failed = view.tasks.flatMap((task) => (task.error ? [{ where: placeOf(task), error: task.error }] : []));
  const undone = view.rollback.flatMap((undo) =>
    undo.error ? [{ where: `undoing ${placeOf(undo)}`, error: undo.error }] : [],
  );
  const named = [...failed, ...undone];
  // The run's error is nearly always that of one of its tasks.
  const isSaid = named.some(({ error }) => error.error === view.error?.error);
  const all = view.error && !isSaid ? [{ where: 'run', error: view.error }, ...named] : named;
  return all
    .map(({ where, error }) => {
      const hint = error.hint === '' ? '' : `<p class="hint">What to do: ${text(error.hint)}</p>`;
      return `<div class="error"><p><strong>${text(where)}</strong> ${text(error.error)} <code>${text(error.code)}</code></p>${hint}</div>`;
    })
    .join('\n');
}

function changes(all: readonly TaskView[]): string {
  const changed = all.filter((task) => task.changed);
  if (changed.length === 0) return '<p>Nothing.</p>';
  const lines = changed.map((task) => `<li><strong>${text(placeOf(task))}</strong> ${text(tellTask(task))}</li>`);
  return `<ul>${lines.join('')}</ul>`;
}

function tasks(all: readonly TaskView[]): string {
  const rows = all.map((task) => {
    const diff = task.diff === null || task.diff === '' ? '' : `<pre>${text(task.diff)}</pre>`;
    const attempts = task.attempt > 1 ? `<span class="more">attempt ${task.attempt}</span>` : '';
    const pivot = task.pivot ? '<span class="more">point of no return</span>' : '';
    const child = task.child === null ? '' : `<span class="more">run <code>${text(task.child)}</code></span>`;
    const uses = task.uses === null ? '' : `<br><code>${text(task.uses)}</code>`;
    return [
      `${text(placeOf(task))}${uses}`,
      `<span class="${tone(task.status)}">${text(task.status)}</span>`,
      text(lasted(task.ms)),
      `${text(tellTask(task))}${pivot}${attempts}${child}${diff}`,
    ];
  });
  return table(['task', 'outcome', 'took', 'what'], rows);
}

function holds({ view }: RunReport): string {
  const rows = view.holds.map((hold) => [
    text(placeOf(hold)),
    text(moment(hold.taken_at)),
    text(hold.ms === null ? 'still held' : lasted(hold.ms)),
    text(hold.released_by ?? 'nobody yet'),
    text(hold.why ?? ''),
  ]);
  return table(['hold', 'from', 'clients waited', 'released by', 'why'], rows);
}

function probes({ view }: RunReport): string {
  const parts = view.probes.map(({ id, out, must, error, ms }) => {
    const judged = must
      ? `<p class="${must.holds ? 'good' : 'bad'}">${text(must.text)}: ${must.holds ? 'held' : 'did not hold'}</p>`
      : '';
    const failed = error ? `<p class="bad">${text(error.error)}</p>` : '';
    return `<h3>${text(id)} <span class="more">for ${text(lasted(ms))}</span></h3>${judged}${failed}${facts(pairsOf(out))}`;
  });
  return parts.join('\n');
}

function interventions({ view }: RunReport): string {
  const rows = view.interventions.map(({ at, what, task, by, why }) =>
    [moment(at), what, task ?? '', by ?? '', why ?? ''].map(text),
  );
  return table(['when', 'what', 'task', 'who', 'why'], rows);
}

function rollback({ view }: RunReport): string {
  const rows = view.rollback.map((undo) => [
    text(placeOf(undo)),
    `<span class="${tone(undo.status)}">${text(undo.status)}</span>`,
    text(lasted(undo.ms)),
    text(undo.error?.error ?? undo.why ?? ''),
  ]);
  return table(['task', 'outcome', 'took', 'what'], rows);
}

function evidence({ view, evidence: proof }: RunReport): string {
  const torn = proof.torn_bytes === 0 ? '' : ` (and ${proof.torn_bytes} bytes of a last line that was never finished)`;
  return `<p>Made from the journal of the run: ${proof.records} records${text(torn)}, each chained to the one before by its
hash, verified ${text(moment(proof.verified_at))}. Written by pgdba ${text(view.pgdba)}.</p>
<p>Hash of the last record, which \`pgdba runs verify\` must answer as long as nobody changed the journal:<br>
<code class="hash">${text(proof.head)}</code></p>`.replaceAll(/`([^`]+)`/g, `<code>$1 ${text(view.id)}</code>`);
}

function section(title: string, body: string): string {
  return body === '' ? '' : `<section><h2>${title}</h2>\n${body}\n</section>`;
}

function facts(pairs: readonly (readonly [string, string])[]): string {
  if (pairs.length === 0) return '';
  const rows = pairs.map(([name, value]) => `<dt>${text(name.replaceAll('_', ' '))}</dt><dd>${text(value)}</dd>`);
  return `<dl>${rows.join('')}</dl>`;
}

/** Cells are HTML already; a column in which no row has anything is left out. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const shown = head.map((_, at) => rows.some((cells) => cells[at] !== ''));
  const only = (cells: readonly string[]): readonly string[] => cells.filter((_, at) => shown[at]);
  const line = (cells: readonly string[]): string =>
    `<tr>${only(cells)
      .map((cell) => `<td>${cell}</td>`)
      .join('')}</tr>`;
  const names = only(head)
    .map((name) => `<th>${name}</th>`)
    .join('');
  return `<div class="wide"><table><thead><tr>${names}</tr></thead><tbody>\n${rows.map(line).join('\n')}\n</tbody></table></div>`;
}

/** How a status is coloured; the word itself always stands beside the colour. */
export function tone(status: string): string {
  if (['succeeded', 'ok', 'changed', 'undone'].includes(status)) return 'good';
  if (['skipped', 'expanded', 'running', 'begun', 'waiting', 'kept', 'declined'].includes(status)) return 'still';
  return 'bad';
}
