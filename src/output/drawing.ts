import { Writable } from 'node:stream';
import { DefaultRenderer, Listr, ListrLogger, type ListrTaskObject, ProcessOutput } from 'listr2';

export type TaskList = Listr<object, typeof DefaultRenderer, typeof DefaultRenderer>;
export type DrawnTask = ListrTaskObject<object, typeof DefaultRenderer, typeof DefaultRenderer>;

/**
 * One stretch of drawing on the terminal, from its first line to `close`. listr2 only draws here: its task objects are
 * set from outside and its own runner never starts, so that it can neither time, stop nor fail a run.
 */
export class Drawing {
  readonly root: TaskList = newList();
  readonly #sublists = new Map<DrawnTask, TaskList>();
  readonly #logger: ListrLogger;
  readonly #renderer: DefaultRenderer;
  readonly #ready: Promise<void>;
  #isReady = false;

  constructor(terminal: NodeJS.WriteStream) {
    // listr2 takes over two streams while it draws; stdout is not ours to give.
    this.#logger = new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(terminal, nowhere()) });
    const options = { collapseSubtasks: false, collapseErrors: false, clearOutput: true, logger: this.#logger };
    // Events that nobody sends: on those of the list it would draw the whole tree for every task that is added.
    this.#renderer = new DefaultRenderer(this.root.tasks, options, newList().events);
    this.#ready = this.#renderer.render().then(() => {
      this.#isReady = true;
    });
  }

  add(list: TaskList): DrawnTask {
    list.add({ title: '…', task: () => undefined });
    const task = list.tasks.at(-1);
    if (!task) throw new Error('listr2 did not take a task');
    // What makes it visible; takes effect in the next microtask.
    void task.check({});
    return task;
  }

  /** The list below a task, made when it is first asked for. */
  below(task: DrawnTask): TaskList {
    const known = this.#sublists.get(task) ?? newList();
    this.#sublists.set(task, known);
    task.subtasks = known.tasks;
    return known;
  }

  /** Keeps only so many tasks of a list. */
  cut(list: TaskList, length: number): void {
    if (list.tasks.length > length) list.tasks.length = length;
  }

  /** Nothing stands below this task. */
  clear(task: DrawnTask): void {
    if (task.hasSubtasks()) task.subtasks = [];
  }

  refresh(): void {
    if (this.#isReady) this.#renderer.update();
  }

  /** `keep`: the last picture stays on the screen. */
  async close(keep: boolean): Promise<void> {
    await this.#ready;
    const picture = this.#renderer.create();
    this.#renderer.end();
    if (keep) this.#logger.process.toStdout(picture);
  }
}

/** Without `registerSignalListeners: false` listr2 would end the process at Ctrl-C. */
function newList(): TaskList {
  return new Listr<object, typeof DefaultRenderer, typeof DefaultRenderer>([], {
    renderer: DefaultRenderer,
    fallbackRenderer: DefaultRenderer,
    fallbackRendererCondition: false,
    registerSignalListeners: false,
    exitOnError: false,
  });
}

function nowhere(): NodeJS.WriteStream {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  return sink as NodeJS.WriteStream;
}
