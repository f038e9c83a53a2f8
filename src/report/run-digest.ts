import type { RunStatus } from '../journal/record.ts';
import { lasted, moment, placeOf, tellTask, totalMs } from './run-report.ts';
import type { RunView } from './run-view.ts';

/** A run as a person reads it in a terminal: what is empty is left out, and a task is one line. */
export function digestOf(view: RunView, status: RunStatus | 'running'): Readonly<Record<string, unknown>> {
  const { playbook, version, risk, cluster, started_at, ended_at } = view;
  const when = ended_at === null ? moment(started_at) : `${moment(started_at)}, took ${lasted(totalMs(view))}`;
  const tasks = view.tasks.filter((task) => task.status !== 'expanded');
  return withoutEmpty({
    run: view.id,
    status: view.changed === false ? `${status}, nothing changed` : status,
    playbook: `${playbook} ${version} (${risk})`,
    cluster,
    who: `${view.actor} on ${view.host}`,
    why: view.reason,
    agreed_by: view.consent,
    when,
    started_by_run: view.parent,
    inputs: view.inputs,
    outputs: view.outputs,
    error: view.error && { what: view.error.error, code: view.error.code, hint: view.error.hint },
    tasks: tasks.map((task) => ({
      task: placeOf(task),
      status: task.status,
      took: lasted(task.ms),
      what: [tellTask(task), ...asides(task)].filter((part) => part !== null && part !== '').join('; '),
    })),
    holds: view.holds.map((hold) => ({
      hold: placeOf(hold),
      lasted: lasted(hold.ms),
      released_by: hold.released_by ?? 'nobody yet',
      why: hold.why,
    })),
    probes: view.probes.map(({ id, out, must, error }) => ({
      probe: id,
      held: must?.holds ?? null,
      saw: error ? error.error : out,
    })),
    rollback: view.rollback.map((undo) => ({
      task: placeOf(undo),
      status: undo.status,
      took: lasted(undo.ms),
      why: undo.error?.error ?? undo.why,
    })),
    interventions: view.interventions.map(({ at, what, task, by, why }) => ({ when: moment(at), what, task, by, why })),
    head: `${view.head} (${view.records} records)`,
  });
}

function asides({ attempt, pivot, child }: RunView['tasks'][number]): string[] {
  return [
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(pivot ? ['point of no return'] : []),
    ...(child === null ? [] : [`run ${child}`]),
  ];
}

function withoutEmpty(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isEmpty = (value: unknown) => value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}
