import { placeOf, tellValue, totalMs } from './run-report.ts';
import type { RunView } from './run-view.ts';
import type { TaskView } from './task-list.ts';

/** How two runs of one playbook differ. */
export interface RunDiff {
  readonly playbook: string;
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  /** In what they differ: versions, inputs, tasks, outputs. Empty when both went the same way. */
  readonly differences: readonly Difference[];
  /** Every task of either, in the order of the runs. */
  readonly tasks: readonly ComparedTask[];
}

export interface ComparedRun {
  readonly id: string;
  readonly cluster: string | null;
  readonly status: string | null;
  readonly actor: string;
  readonly started_at: string;
  readonly ms: number | null;
}

export interface Difference {
  readonly what: 'run' | 'input' | 'task' | 'output';
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
}

export interface ComparedTask {
  readonly task: string;
  readonly a: TaskView['status'] | null;
  readonly b: TaskView['status'] | null;
  readonly a_ms: number | null;
  readonly b_ms: number | null;
  /** How much longer it took in b. */
  readonly more_ms: number | null;
}

export function diffRuns(a: RunView, b: RunView): RunDiff {
  const tasks = compareTasks(a, b);
  return {
    playbook: a.playbook,
    a: compared(a),
    b: compared(b),
    differences: [
      ...differ('run', factsOf(a), factsOf(b)),
      ...differ('input', mapOf(a.inputs), mapOf(b.inputs)),
      ...differ('task', outcomesOf(a), outcomesOf(b)),
      ...differ('output', mapOf(a.outputs), mapOf(b.outputs)),
    ],
    tasks,
  };
}

function compared(view: RunView): ComparedRun {
  const { id, cluster, status, actor, started_at } = view;
  return { id, cluster, status, actor, started_at, ms: totalMs(view) };
}

function factsOf({ version, pgdba, cluster, status, changed, error }: RunView): Map<string, unknown> {
  return new Map<string, unknown>(
    Object.entries({ version, pgdba, cluster, status, changed, error: error?.error ?? null }),
  );
}

/** Outcome, what was found, and the error: not how long it took, which always differs. */
function outcomesOf({ tasks }: RunView): Map<string, unknown> {
  return new Map(
    tasks.map((task) => {
      const said = task.error?.error ?? task.summary ?? '';
      return [placeOf(task), `${task.status}${said === '' ? '' : `: ${said}`}`];
    }),
  );
}

function differ(what: Difference['what'], a: Map<string, unknown>, b: Map<string, unknown>): Difference[] {
  const names = [...new Set([...a.keys(), ...b.keys()])];
  const told = (map: Map<string, unknown>, name: string) => (map.has(name) ? tellValue(map.get(name)) : null);
  return names
    .filter((name) => JSON.stringify(a.get(name)) !== JSON.stringify(b.get(name)))
    .map((name) => ({ what, name, a: told(a, name), b: told(b, name) }));
}

function compareTasks(a: RunView, b: RunView): ComparedTask[] {
  const inA = new Map(a.tasks.map((task) => [placeOf(task), task]));
  const inB = new Map(b.tasks.map((task) => [placeOf(task), task]));
  return [...new Set([...inA.keys(), ...inB.keys()])].map((task) => {
    const [one, other] = [inA.get(task), inB.get(task)];
    const a_ms = one?.ms ?? null;
    const b_ms = other?.ms ?? null;
    const more_ms = a_ms === null || b_ms === null ? null : b_ms - a_ms;
    return { task, a: one?.status ?? null, b: other?.status ?? null, a_ms, b_ms, more_ms };
  });
}

function mapOf(value: unknown): Map<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : new Map([['', value]]);
}
