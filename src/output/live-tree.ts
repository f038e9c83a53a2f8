import { ListrTaskState } from 'listr2';
import { formatDuration } from '../formats/duration.ts';
import type { AnyRecord } from '../journal/record.ts';
import { oneLine } from './cell.ts';
import { Drawing, type TaskList } from './drawing.ts';
import { type ProgressNode, type ProgressNote, ProgressTree } from './progress-tree.ts';

const states: Readonly<Record<ProgressNode['state'], ListrTaskState>> = {
  running: ListrTaskState.STARTED,
  ok: ListrTaskState.COMPLETED,
  changed: ListrTaskState.COMPLETED,
  skipped: ListrTaskState.SKIPPED,
  undone: ListrTaskState.ROLLED_BACK,
  failed: ListrTaskState.FAILED,
  unknown: ListrTaskState.FAILED,
};

export interface LiveTreeOptions {
  readonly terminal: NodeJS.WriteStream;
  readonly redact: (text: string) => string;
  readonly now: () => number;
}

/** A run as a live tree on a terminal. While a person is asked, `pause` takes the tree off the screen. */
export class LiveTree {
  readonly #options: LiveTreeOptions;
  readonly #tree: ProgressTree;
  readonly #timer: NodeJS.Timeout;
  #drawing: Drawing | null = null;
  #pauses = 0;

  constructor(options: LiveTreeOptions) {
    this.#options = options;
    this.#tree = new ProgressTree(options.now);
    // Running times count on while no record comes.
    this.#timer = setInterval(() => this.#draw(), 1000);
    this.#timer.unref();
  }

  apply(record: AnyRecord): void {
    this.#tree.apply(record);
    this.#draw();
  }

  note(note: ProgressNote): void {
    this.#tree.note(note);
    this.#draw();
  }

  /** Until as many `resume`s the terminal is free for something else. */
  async pause(): Promise<void> {
    this.#pauses += 1;
    await this.#takeOff(false);
  }

  resume(): void {
    this.#pauses -= 1;
    this.#draw();
  }

  /** Leaves the finished tree on the screen. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#tree.close();
    this.#draw();
    this.#pauses += 1;
    await this.#takeOff(true);
  }

  async #takeOff(keep: boolean): Promise<void> {
    const drawing = this.#drawing;
    this.#drawing = null;
    await drawing?.close(keep);
  }

  #draw(): void {
    if (this.#pauses > 0 || this.#tree.nodes.size === 0) return;
    this.#drawing ??= new Drawing(this.#options.terminal);
    const drawing = this.#drawing;
    this.#fill(drawing, drawing.root, [...this.#tree.nodes.values()]);
    drawing.refresh();
  }

  #fill(drawing: Drawing, list: TaskList, nodes: readonly ProgressNode[]): void {
    nodes.forEach((node, at) => {
      const task = list.tasks[at] ?? drawing.add(list);
      const { redact, now } = this.#options;
      task.title = redact(titleOf(node, now()));
      const children = [...node.children.values()];
      if (children.length > 0) this.#fill(drawing, drawing.below(task), children);
      task.state = states[node.state];
    });
  }
}

/** `members  changed in 12s: started n1`; while it runs the latest note stands below. */
function titleOf(node: ProgressNode, now: number): string {
  const detail = node.detail === '' ? '' : `: ${oneLine(node.detail)}`;
  if (node.state === 'running') {
    const elapsed = Math.max(0, now - node.startedAt);
    const time = elapsed < 1000 ? '' : `  ${formatDuration(Math.floor(elapsed / 1000) * 1000)}`;
    return `${node.label}${time}${detail}${node.note === '' ? '' : `\n› ${oneLine(node.note)}`}`;
  }
  const time = node.ms === null || node.ms === 0 ? '' : ` in ${formatDuration(node.ms)}`;
  return `${node.label}  ${node.state}${time}${detail}`;
}
