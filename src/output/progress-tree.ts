import { formatBytes } from '../formats/bytes.ts';
import type { AnyRecord, Outcome, RecordData } from '../journal/record.ts';

/** Where a task stands between two records, in plain words. */
export interface ProgressNote {
  readonly task: string;
  readonly item: string | null;
  readonly note: string;
  readonly done: number | null;
  readonly total: number | null;
  readonly unit: 'bytes' | 'items' | null;
}

export interface ProgressNode {
  readonly label: string;
  state: 'running' | 'skipped' | 'undone' | Outcome;
  /** What it will change, changed, or why it failed. */
  detail: string;
  /** The latest note, while it runs. */
  note: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  ms: number | null;
  readonly children: Map<string, ProgressNode>;
}

/** What a person sees of a run, folded from its records and notes: tasks in order of start, loop items below them. */
export class ProgressTree {
  readonly nodes = new Map<string, ProgressNode>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  apply(record: AnyRecord): void {
    const at = Date.parse(record.ts);
    switch (record.type) {
      case 'precheck.result': {
        const node = this.#node(record, at);
        finish(node, record.data.outcome, record.data.ms, record.data.error?.error ?? '');
        break;
      }
      case 'task.skipped':
        finish(this.#node(record, at), 'skipped', 0, record.data.why);
        break;
      case 'task.expanded': {
        const node = this.#node(record, at);
        node.detail = '';
        if (record.data.items.length === 0) finish(node, 'ok', 0, 'nothing to do');
        break;
      }
      case 'task.checked':
        this.#node(record, at).detail = record.data.summary;
        break;
      case 'task.intent': {
        const node = this.#node(record, at);
        node.state = 'running';
        node.ms = null;
        break;
      }
      case 'task.result':
        this.#finishTask(record.task ?? '', record.item, record.data, at);
        break;
      case 'hold.released':
        if (record.data.by === 'guard') this.#node(record, at).detail = `released by its guard: ${record.data.why}`;
        break;
      case 'rollback.begun':
        this.#rollback(at).detail = record.data.why;
        break;
      case 'rollback.intent':
        this.#undoing(record, at).detail = record.data.summary;
        break;
      case 'rollback.result': {
        const { outcome, why, error, ms } = record.data;
        const state = outcome === 'failed' ? 'failed' : outcome === 'kept' ? 'skipped' : 'undone';
        const node = this.#undoing(record, at);
        finish(node, state, ms, error?.error ?? why ?? node.detail);
        break;
      }
      case 'rollback.ended':
        finish(this.#rollback(at), record.data.outcome === 'failed' ? 'failed' : 'undone', null, record.data.outcome);
        break;
      default:
        break;
    }
  }

  note(note: ProgressNote): void {
    const node = this.#find(note.task, note.item ?? undefined, this.#now());
    if (node.state === 'running') node.note = noteText(note);
  }

  /** What is still shown as running has stopped: the run let go of it. */
  close(): void {
    for (const node of this.nodes.values()) {
      for (const child of node.children.values()) if (child.state === 'running') child.state = 'unknown';
      if (node.state === 'running') node.state = verdict([...node.children.values()]) ?? 'unknown';
    }
  }

  #finishTask(task: string, item: string | undefined, data: RecordData['task.result'], at: number): void {
    const node = this.#find(task, item, at);
    const text =
      data.error?.error ?? (data.warnings.length > 0 ? `${node.detail} (${data.warnings.join('; ')})` : null);
    finish(node, data.outcome, data.ms, text ?? node.detail);
    const parent = this.nodes.get(task);
    if (item === undefined || !parent) return;
    // The loop has no record of its own end when its items are all there is.
    parent.state = data.outcome === 'failed' || data.outcome === 'unknown' ? data.outcome : parent.state;
  }

  #node(record: AnyRecord, at: number): ProgressNode {
    return this.#find(record.task ?? '', record.item, at);
  }

  #find(task: string, item: string | undefined, at: number): ProgressNode {
    // Tasks run one after the other: when the next one shows itself, a loop before it has ended.
    if (!this.nodes.has(task)) this.#closeLoops();
    const node = this.#under(this.nodes, task, task, at);
    return item === undefined ? node : this.#under(node.children, item, item, at);
  }

  #closeLoops(): void {
    for (const node of this.nodes.values()) {
      if (node.state !== 'running' || node.children.size === 0) continue;
      node.state = verdict([...node.children.values()]) ?? 'running';
      if (node.state !== 'running') node.ms = this.#now() - node.startedAt;
    }
  }

  #rollback(at: number): ProgressNode {
    return this.#under(this.nodes, '\u0000rollback', 'rollback', at);
  }

  #undoing(record: AnyRecord, at: number): ProgressNode {
    const label = place(record.task ?? '', record.item);
    return this.#under(this.#rollback(at).children, label, label, at);
  }

  #under(nodes: Map<string, ProgressNode>, key: string, label: string, startedAt: number): ProgressNode {
    const known = nodes.get(key);
    if (known) return known;
    const fresh: ProgressNode = {
      label,
      state: 'running',
      detail: '',
      note: '',
      startedAt,
      ms: null,
      children: new Map(),
    };
    nodes.set(key, fresh);
    return fresh;
  }
}

/** `members[n2]`. */
export function place(task: string, item: string | null | undefined): string {
  return item === null || item === undefined ? task : `${task}[${item}]`;
}

/** The note with how far it is: `copying n2 (412 MiB of 1 GiB)`. */
export function noteText({ note, done, total, unit }: ProgressNote): string {
  if (done === null) return note;
  const amount = (count: number): string => (unit === 'bytes' ? formatBytes(count) : String(count));
  return `${note} (${amount(done)}${total === null ? '' : ` of ${amount(total)}`})`;
}

function finish(node: ProgressNode, state: ProgressNode['state'], ms: number | null, detail: string): void {
  node.state = state;
  node.ms = ms;
  node.detail = detail;
  node.note = '';
}

/** The state of a loop whose items are over, the worst first; undefined while one runs or there is none. */
function verdict(items: readonly ProgressNode[]): ProgressNode['state'] | undefined {
  if (items.length === 0 || items.some(({ state }) => state === 'running')) return undefined;
  const worst = ['failed', 'unknown', 'changed', 'ok', 'skipped'] as const;
  return worst.find((state) => items.some((item) => item.state === state));
}
