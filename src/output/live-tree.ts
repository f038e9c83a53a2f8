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

/** Nobody reads faster, and a picture costs more than a task. */
const everyMs = 100;
/** Running times count on while no record comes. */
const idleMs = 1000;
/** Lines that are left to whatever stands below. */
const spareRows = 4;

/**
 * A run as a live tree on a terminal, as much of it as the screen holds; the finished tree is whole. While a person is
 * asked, `pause` takes the tree off the screen.
 */
export class LiveTree {
  readonly #options: LiveTreeOptions;
  readonly #tree: ProgressTree;
  readonly #timer: NodeJS.Timeout;
  #drawing: Drawing | null = null;
  #pauses = 0;
  #changed = false;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(options: LiveTreeOptions) {
    this.#options = options;
    this.#tree = new ProgressTree(options.now);
    this.#timer = setInterval(() => {
      if (this.#changed || performance.now() - this.#drawnAt >= idleMs) this.#draw();
    }, everyMs);
    this.#timer.unref();
  }

  apply(record: AnyRecord): void {
    this.#tree.apply(record);
    this.#soon();
  }

  note(note: ProgressNote): void {
    this.#tree.note(note);
    this.#soon();
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
    this.#picture(Number.POSITIVE_INFINITY);
    this.#pauses += 1;
    await this.#takeOff(true);
  }

  async #takeOff(keep: boolean): Promise<void> {
    const drawing = this.#drawing;
    this.#drawing = null;
    await drawing?.close(keep);
  }

  /** At once when the last picture is old enough, else with the timer. */
  #soon(): void {
    this.#changed = true;
    if (performance.now() - this.#drawnAt >= everyMs) this.#draw();
  }

  #draw(): void {
    this.#picture(Math.max(1, (this.#options.terminal.rows ?? 24) - spareRows))?.refresh();
    this.#changed = false;
    this.#drawnAt = performance.now();
  }

  #picture(room: number): Drawing | null {
    if (this.#pauses > 0 || this.#tree.nodes.size === 0) return null;
    this.#drawing ??= new Drawing(this.#options.terminal);
    this.#fill(this.#drawing, this.#drawing.root, [...this.#tree.nodes.values()], room);
    return this.#drawing;
  }

  #fill(drawing: Drawing, list: TaskList, nodes: readonly ProgressNode[], room: number): void {
    const shown = latest(nodes, room);
    // What is left of the room goes to the loops, the newest first.
    let left = room - shown.length;
    const below = new Map<ProgressNode, number>();
    for (const node of shown.toReversed()) {
      below.set(node, Math.min(left, node.children.size));
      left -= below.get(node) ?? 0;
    }
    drawing.cut(list, shown.length);
    shown.forEach((node, at) => {
      const task = list.tasks[at] ?? drawing.add(list);
      const { redact, now } = this.#options;
      task.title = redact(titleOf(node, now()));
      const space = below.get(node) ?? 0;
      if (space > 0) this.#fill(drawing, drawing.below(task), [...node.children.values()], space);
      else drawing.clear(task);
      task.state = states[node.state];
    });
  }
}

/** What is under way, and the latest of the rest, in their order. */
function latest(nodes: readonly ProgressNode[], room: number): readonly ProgressNode[] {
  if (nodes.length <= room) return nodes;
  const running = nodes.filter(({ state }) => state === 'running').slice(-room);
  const settled = nodes.filter(({ state }) => state !== 'running');
  const shown = new Set([...running, ...settled.slice(settled.length - (room - running.length))]);
  return nodes.filter((node) => shown.has(node));
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
