import { escapeMarkup } from './escape-markup.ts';
import { placeOf, type RunReport, tellTask, totalMs } from './run-report.ts';
import type { TaskView } from './task-list.ts';

/** A run as a JUnit report, for the boards of CI: a case per precheck, task and undoing. */
export function toJunit({ view, status }: RunReport): string {
  const tasks = view.tasks.filter((task) => task.status !== 'expanded');
  const name = view.cluster === null ? view.playbook : `${view.playbook} on ${view.cluster}`;
  const undone = view.rollback.map((undo) => ({
    place: `undo ${placeOf(undo)}`,
    ms: undo.ms,
    verdict: undo.error ? failure(undo.error.code, undo.error.error, undo.error.hint) : '',
  }));
  const cases = [
    ...tasks.map((task) => ({ place: placeOf(task), ms: task.ms, verdict: verdict(task), kind: `${task.kind}s` })),
    ...undone.map((undo) => ({ ...undo, kind: 'rollback' })),
  ];
  const failures = cases.filter(({ verdict: text }) => text.startsWith('<failure')).length;
  const skipped = cases.filter(({ verdict: text }) => text.startsWith('<skipped')).length;
  const attributes = [
    ['name', name],
    ['tests', String(cases.length)],
    ['failures', String(failures)],
    ['skipped', String(skipped)],
    ['time', seconds(totalMs(view))],
    ['timestamp', view.started_at],
  ] as const;
  const properties = [
    ['run', view.id],
    ['version', view.version],
    ['status', status],
    ['actor', view.actor],
    ['reason', view.reason ?? ''],
    ['head', view.head],
  ] as const;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite ${pairs(attributes)}>`,
    '  <properties>',
    ...properties.map(
      ([key, value]) =>
        `    <property ${pairs([
          ['name', key],
          ['value', value],
        ])}/>`,
    ),
    '  </properties>',
    ...cases.map(({ place, ms, verdict: text, kind }) => {
      const head = pairs([
        ['classname', `${view.playbook}.${kind}`],
        ['name', place],
        ['time', seconds(ms)],
      ]);
      return text === '' ? `  <testcase ${head}/>` : `  <testcase ${head}>${text}</testcase>`;
    }),
    '</testsuite>',
    '',
  ].join('\n');
}

function verdict(task: TaskView): string {
  const { status, error } = task;
  if (status === 'skipped') return `<skipped ${pairs([['message', tellTask(task)]])}/>`;
  if (error) return failure(error.code, error.error, error.hint);
  if (status === 'begun') return failure('begun', 'it has no result', '');
  return status === 'failed' || status === 'unknown' ? failure(status, tellTask(task), '') : '';
}

function failure(type: string, message: string, hint: string): string {
  return `<failure ${pairs([
    ['type', type],
    ['message', message],
  ])}>${escapeMarkup(hint)}</failure>`;
}

function pairs(entries: readonly (readonly [string, string])[]): string {
  return entries.map(([name, value]) => `${name}="${escapeMarkup(value)}"`).join(' ');
}

function seconds(ms: number | null): string {
  return ((ms ?? 0) / 1000).toFixed(3);
}
