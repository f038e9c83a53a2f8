import { escapeMarkup as text } from './escape-markup.ts';
import { lasted, placeOf } from './run-report.ts';
import type { RunView } from './run-view.ts';

interface Bar {
  readonly name: string;
  readonly kind: 'precheck' | 'task' | 'hold' | 'rollback';
  readonly outcome: string;
  readonly from: number;
  readonly ms: number;
}

/** What took how long, beside each other: prechecks, tasks, the time clients were held, rollback. Empty for an empty run. */
export function timeline(view: RunView): string {
  const bars = barsOf(view);
  if (bars.length === 0) return '';
  const start = Math.min(...bars.map(({ from }) => from));
  const total = Math.max(1, ...bars.map(({ from, ms }) => from + ms - start));
  const rows = bars.map(({ name, kind, outcome, from, ms }) => {
    const left = (100 * (from - start)) / total;
    const width = (100 * ms) / total;
    const bar = `<i class="${kind} ${bad.has(outcome) ? 'bad' : ''}" style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%"></i>`;
    return `<li><span>${text(name)}</span><b>${bar}</b><em>${text(lasted(ms))}</em></li>`;
  });
  const kinds = [...new Set(bars.map(({ kind }) => kind))];
  const legend = kinds.map((kind) => `<span><i class="${kind}"></i> ${kindNames[kind]}</span>`).join('');
  return `<ol class="timeline">\n${rows.join('\n')}\n</ol>\n<p class="legend">${legend}<span>0 to ${text(lasted(total))}</span></p>`;
}

const bad = new Set(['failed', 'unknown', 'begun']);
const kindNames = {
  precheck: 'precheck',
  task: 'task',
  hold: 'clients held',
  rollback: 'rollback',
} as const;

/** In the order in which they began. A duration is told by the record at its end: begin and end may be of two clocks. */
function barsOf({ tasks, holds, rollback }: RunView): Bar[] {
  const done = tasks.flatMap((task): Bar[] => {
    if (task.ms === null || task.status === 'skipped' || task.status === 'expanded') return [];
    const { kind, status, ms } = task;
    return [{ name: placeOf(task), kind, outcome: status, from: Date.parse(task.ended_at) - ms, ms }];
  });
  const held = holds.flatMap((hold): Bar[] => {
    if (hold.ms === null) return [];
    const from = Date.parse(hold.taken_at);
    return [{ name: `${placeOf(hold)}: clients held`, kind: 'hold', outcome: 'ok', from, ms: hold.ms }];
  });
  const undone = rollback.flatMap((undo): Bar[] => {
    const { ms, status } = undo;
    if (ms === null) return [];
    return [{ name: `undo ${placeOf(undo)}`, kind: 'rollback', outcome: status, from: Date.parse(undo.began_at), ms }];
  });
  return [...done, ...held, ...undone].sort((a, b) => a.from - b.from);
}
