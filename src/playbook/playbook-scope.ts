import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { View } from './check-expression.ts';
import { TypeChecker } from './check-types.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { TaskDraft } from './decode-task.ts';
import type { TargetKind } from './playbook.ts';
import { any, type Field, object, type Shape, shapeOf, shapeOfInput } from './shape.ts';

/** What the expressions of one playbook may read, place by place. */
export class PlaybookScope {
  readonly #draft: PlaybookDraft;
  readonly #outs: ReadonlyMap<TaskDraft, Shape>;
  readonly #fixed: ReadonlyMap<string, Shape>;
  readonly #types: TypeChecker;

  /** `steps`: id@major → step, of those that were found. */
  constructor(
    draft: PlaybookDraft,
    steps: ReadonlyMap<string, AnyStep>,
    probes: ReadonlyMap<string, AnyProbe> = new Map(),
  ) {
    this.#draft = draft;
    const all = [...draft.prechecks, ...draft.tasks, ...draft.finally];
    this.#outs = new Map(all.map((task) => [task, outOf(task, steps)]));
    this.#fixed = fixedRoots(draft, probes);
    this.#types = new TypeChecker(new Map([...this.#fixed, ['tasks', this.#tasks(all, () => false)]]));
  }

  /** The place of a task: it reads the tasks before it. In `finally` nobody knows which tasks came to their end. */
  before(
    task: TaskDraft,
    locals: ReadonlyMap<string, Shape> = new Map(),
    guards: ReadonlySet<string> = new Set(),
  ): View {
    const { prechecks, tasks, finally: last } = this.#draft;
    const order = [...prechecks, ...tasks, ...last];
    const at = order.indexOf(task);
    const uncertain = new Set(last.includes(task) ? [...prechecks, ...tasks] : []);
    const later = new Set(order.slice(at).map(({ id }) => id));
    return this.#view(order.slice(0, at), (earlier) => uncertain.has(earlier), later, locals, guards);
  }

  /** The place of the outputs: all tasks are done, `finally` is not. */
  get end(): View {
    const { prechecks, tasks, finally: last } = this.#draft;
    return this.#view([...prechecks, ...tasks], () => false, new Set(last.map(({ id }) => id)), new Map(), new Set());
  }

  #view(
    earlier: readonly TaskDraft[],
    uncertain: (task: TaskDraft) => boolean,
    later: ReadonlySet<string>,
    locals: ReadonlyMap<string, Shape>,
    guards: ReadonlySet<string>,
  ): View {
    const roots = new Map([...this.#fixed, ['tasks', this.#tasks(earlier, uncertain)] as const]);
    return { roots, locals, later, guards, types: this.#types };
  }

  #tasks(tasks: readonly TaskDraft[], uncertain: (task: TaskDraft) => boolean): Shape {
    const entries = tasks.map((task) => {
      const out = this.#outs.get(task) ?? any;
      const may: Field['may'] = task.when || uncertain(task) ? 'optional' : 'exist';
      const result: Record<string, Field> = task.for_each
        ? { items: { shape: { kind: 'map', values: out }, may } }
        : { out: { shape: out, may } };
      return [task.id, object({ status: { kind: 'text' }, changed: { kind: 'boolean' }, ...result })] as const;
    });
    return object(Object.fromEntries(entries));
  }
}

function outOf(task: TaskDraft, steps: ReadonlyMap<string, AnyStep>): Shape {
  const step = steps.get(task.uses.uses);
  return step ? shapeOf(step.result) : any;
}

function fixedRoots(
  { inputs, probes, target }: PlaybookDraft,
  known: ReadonlyMap<string, AnyProbe>,
): ReadonlyMap<string, Shape> {
  const given = [...inputs.values()].map((input): [string, Field] => {
    const may = input.optional && input.default === undefined ? 'optional' : 'exist';
    return [input.name, { shape: shapeOfInput(input), may }];
  });
  const roots = new Map<string, Shape>([
    ['inputs', object(Object.fromEntries(given))],
    ['run', object({ id: { kind: 'text' } })],
  ]);
  if (target !== 'none') roots.set('target', targetShape(target));
  const watched = probes.map(({ id, uses }) => {
    const probe = known.get(uses.uses);
    return [id, object({ out: probe ? shapeOf(probe.result) : any })] as const;
  });
  if (watched.length > 0) roots.set('probes', object(Object.fromEntries(watched)));
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
