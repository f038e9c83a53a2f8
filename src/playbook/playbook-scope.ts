import type { View } from './check-expression.ts';
import { TypeChecker } from './check-types.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { ProbeDraft } from './decode-probe.ts';
import type { TaskDraft } from './decode-task.ts';
import { type Known, usedBy } from './known.ts';
import type { TargetKind } from './playbook.ts';
import { resultShape } from './result-shape.ts';
import { any, type Field, type Fields, inputsShape, object, type Shape, shapeOf } from './shape.ts';
import { taskWords } from './task-words.ts';

/** What the expressions of one playbook may read, place by place. */
export class PlaybookScope {
  readonly #draft: PlaybookDraft;
  /** Of all tasks, in the order of the file. */
  readonly #order: readonly TaskDraft[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #outs: ReadonlyMap<TaskDraft | ProbeDraft, Shape>;
  readonly #fixed: ReadonlyMap<string, Shape>;
  readonly #types: TypeChecker;

  constructor(draft: PlaybookDraft, known: Known) {
    this.#draft = draft;
    this.#order = [...draft.prechecks, ...draft.tasks, ...draft.finally];
    // Of two tasks with one name the first counts; the second is a problem of its own.
    this.#places = new Map(this.#order.map((task, at) => [task.id, at] as const).toReversed());
    this.#outs = new Map<TaskDraft | ProbeDraft, Shape>([
      ...this.#order.map((task) => [task, resultShape(task.uses, usedBy(task.uses.uses, known))] as const),
      ...draft.probes.map((probe) => [probe, probeShape(probe, known)] as const),
    ]);
    this.#fixed = fixedRoots(draft);
    // To declare the result of a task costs as much as to read the task: only what an expression may read is declared.
    const named = taskWords(draft.node);
    this.#types = new TypeChecker(this.#roots({ ended: () => true, may: 'exist', named }));
  }

  /** The place of a task: it reads what ended before it. In `finally` nobody knows which tasks came to their end. */
  before(
    task: TaskDraft,
    locals: ReadonlyMap<string, Shape> = new Map(),
    guards: ReadonlySet<string> = new Set(),
  ): View {
    const place = this.#order.indexOf(task);
    const last = this.#order.length - this.#draft.finally.length;
    return this.#view(
      {
        ended: (earlier, at) => at < place && !besides(earlier, task),
        may: (_, at) => (place >= last && at < last ? 'optional' : 'exist'),
        reader: task,
      },
      locals,
      guards,
    );
  }

  /** The place of `must`: the last task of the probe is done, and its own result is there. */
  after(probe: ProbeDraft): View {
    const end = this.#places.get(probe.until) ?? 0;
    return this.#view({ ended: (_, at) => at <= end, may: 'exist', probe });
  }

  /** The place of the outputs: all tasks are done, `finally` is not. */
  get end(): View {
    const last = this.#order.length - this.#draft.finally.length;
    return this.#view({ ended: (_, at) => at < last, may: 'exist' });
  }

  #view(from: Standpoint, locals: View['locals'] = new Map(), guards: View['guards'] = new Set()): View {
    const unreadable = (path: string) => {
      const [root, name = '', ...inside] = path.split('.');
      if (inside.length > 0) return undefined;
      const task = root === 'tasks' ? this.#order[this.#places.get(name) ?? -1] : undefined;
      if (task) return whyNot(task, from.reader);
      const probe = root === 'probes' ? this.#draft.probes.find(({ id }) => id === name) : undefined;
      return probe && notEnded(probe);
    };
    return { roots: this.#roots(from), locals, unreadable, guards, types: this.#types };
  }

  #roots(from: Standpoint): ReadonlyMap<string, Shape> {
    const roots = new Map([...this.#fixed, ['tasks', { kind: 'object', fields: this.#results(from) }] as const]);
    if (this.#draft.probes.length > 0) roots.set('probes', this.#watched(from));
    return roots;
  }

  /** Looked up one by one: a map for each place of a playbook of a thousand tasks would hold a million. */
  #results({ ended, may, named }: Standpoint): Fields {
    const fieldOf = (id: string): Field | undefined => {
      const at = this.#places.get(id) ?? -1;
      const task = this.#order[at];
      if (!task || !ended(task, at)) return undefined;
      const sure = typeof may === 'string' ? may : may(task, at);
      return { shape: this.#result(task, task.when ? 'optional' : sure), may: 'exist' };
    };
    const listed = (id: string) => named?.has(id) !== false && fieldOf(id) !== undefined;
    const keys = () => [...this.#places.keys()].filter(listed);
    return { get: fieldOf, keys };
  }

  #watched(from: Standpoint): Shape {
    const seen = this.#draft.probes.filter((probe) => this.#hasEnded(probe, from));
    const fields = seen.map((probe): [string, Field] => {
      const at = this.#places.get(probe.until) ?? -1;
      const until = this.#order[at];
      const may = typeof from.may === 'string' || !until ? 'exist' : from.may(until, at);
      return [probe.id, { shape: object({ out: this.#outs.get(probe) ?? any }), may }];
    });
    return object(Object.fromEntries(fields));
  }

  #hasEnded(probe: ProbeDraft, { ended, probe: judged }: Standpoint): boolean {
    const at = this.#places.get(probe.until) ?? -1;
    const until = this.#order[at];
    // That there is no such task is a problem of its own.
    if (!until || probe === judged) return true;
    // Of two probes that end with the same task nobody knows which ends first.
    return probe.until !== judged?.until && ended(until, at);
  }

  #result(task: TaskDraft, may: Field['may']): Shape {
    const out = this.#outs.get(task) ?? any;
    const result: Record<string, Field> = task.for_each
      ? { items: { shape: { kind: 'map', values: out }, may } }
      : { out: { shape: out, may } };
    return object({ status: { kind: 'text' }, changed: { kind: 'boolean' }, ...result });
  }
}

/** From where the results of the tasks are seen. */
interface Standpoint {
  readonly ended: (task: TaskDraft, at: number) => boolean;
  readonly may: Field['may'] | ((task: TaskDraft, at: number) => Field['may']);
  readonly reader?: TaskDraft;
  /** All tasks are seen, only these are listed. */
  readonly named?: ReadonlySet<string>;
  /** The probe whose `must` is read. */
  readonly probe?: ProbeDraft;
}

function probeShape({ uses }: ProbeDraft, { probes }: Known): Shape {
  const found = probes.get(uses.uses);
  return found ? shapeOf(found.result) : any;
}

/** Both stand in one parallel block, in different branches. */
function besides({ branch }: TaskDraft, { branch: other }: TaskDraft): boolean {
  return branch !== null && branch.block === other?.block && branch.index !== other.index;
}

function whyNot(task: TaskDraft, reader: TaskDraft | undefined): { problem: string; hint: string } {
  if (reader && besides(task, reader)) {
    const problem = `task ${task.id} stands in another branch of ${task.branch?.block.id}: it may not have ended here`;
    return { problem, hint: 'read it after the block' };
  }
  return {
    problem: `task ${task.id} has no result here: only earlier tasks have one`,
    hint: 'move it up, or read an earlier task',
  };
}

function notEnded({ id, until }: ProbeDraft): { problem: string; hint: string } {
  const problem = `probe ${id} has no result here: it ends after task ${until}`;
  return { problem, hint: 'read it in a later task, in must or in outputs' };
}

function fixedRoots({ inputs, target }: PlaybookDraft): ReadonlyMap<string, Shape> {
  const roots = new Map<string, Shape>([
    ['inputs', inputsShape(inputs.values())],
    ['run', object({ id: { kind: 'text' } })],
  ]);
  if (target !== 'none') roots.set('target', targetShape(target));
  return roots;
}

function targetShape(kind: TargetKind): Shape {
  const list: Shape = { kind: 'list', items: any };
  return object({
    name: { kind: 'text' },
    provider: { kind: 'text' },
    cluster_id: { shape: { kind: 'text' }, may: kind === 'new-cluster' ? 'nullable' : 'exist' },
    system_identifier: { shape: { kind: 'text' }, may: kind === 'new-cluster' ? 'nullable' : 'exist' },
    members: list,
    poolers: list,
  });
}
