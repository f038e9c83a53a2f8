import type { RunObserver, RunReport } from '../engine/report.ts';
import { formatDuration } from '../formats/duration.ts';
import { asWritten } from '../journal/blobs.ts';
import type { AnyRecord } from '../journal/record.ts';
import { shortId } from '../output/cell.ts';
import type { ProgressNote } from '../output/progress-tree.ts';
import type { Invocation } from './invocation.ts';
import type { Screen } from './terminal-prompt.ts';

/** How a person follows a run on stderr. */
export interface Progress extends Screen {
  readonly observer: RunObserver;
  /** One sentence, now. */
  notice(sentence: string): void;
  /** Ends it; with a report it closes with the line that says how the run went. */
  end(report: RunReport | null): Promise<void>;
}

/** What draws: the live tree on a terminal, plain lines elsewhere, nothing with --quiet. */
interface Drawer extends Screen {
  apply(record: AnyRecord): void;
  note(note: ProgressNote): void;
  end(): Promise<void>;
}

/** A log line per task at most this often while it waits; every one with --verbose. */
const quietMs = 10_000;

export async function followProgress(invocation: Invocation, now: () => number = Date.now): Promise<Progress> {
  const { globals, io, printer } = invocation;
  const drawer = globals.quiet
    ? silent
    : whileSeen(await drawerFor(invocation, now), () => printer.isClosed(io.stderr));
  const began = now();
  return {
    observer: {
      onRecord: (record) => {
        if (globals.events) printer.record(asWritten(record));
        drawer.apply(record);
      },
      onProgress: (note) => drawer.note(note),
    },
    pause: () => drawer.pause(),
    resume: () => drawer.resume(),
    notice: (sentence) => {
      void drawer.pause().then(() => {
        printer.note(`${sentence}\n`);
        drawer.resume();
      });
    },
    end: async (report) => {
      await drawer.end();
      if (report && !globals.quiet) printer.note(`${endLine(report, now() - began)}\n`);
    },
  };
}

async function drawerFor({ io, globals, printer, program }: Invocation, now: () => number): Promise<Drawer> {
  const sharedTerminal = globals.events && io.stdout.isTTY === true;
  if (io.stderr.isTTY === true && io.env.TERM !== 'dumb' && globals.logLevel !== 'debug' && !sharedTerminal) {
    const { LiveTree } = await import('../output/live-tree.ts');
    const redact = (text: string): string => program.redactor.redact(text);
    return new LiveTree({ terminal: io.stderr as NodeJS.WriteStream, redact, now });
  }
  const { ProgressLines } = await import('../output/progress-lines.ts');
  const write = (line: string): void => printer.note(`${line}\n`);
  const lines = new ProgressLines({ write, now, quietMs: globals.logLevel === 'debug' ? 0 : quietMs });
  return {
    apply: (record) => lines.apply(record),
    note: (note) => lines.note(note),
    pause: async () => undefined,
    resume: () => undefined,
    end: async () => undefined,
  };
}

/** Draws until nobody can see it any more: a terminal that is gone is not drawn on. */
function whileSeen(drawer: Drawer, isGone: () => boolean): Drawer {
  let current = drawer;
  const seen = (): Drawer => {
    if (current === drawer && isGone()) {
      current = silent;
      void drawer.end();
    }
    return current;
  };
  return {
    apply: (record) => seen().apply(record),
    note: (note) => seen().note(note),
    pause: () => seen().pause(),
    resume: () => seen().resume(),
    end: () => seen().end(),
  };
}

const silent: Drawer = {
  apply: () => undefined,
  note: () => undefined,
  pause: async () => undefined,
  resume: () => undefined,
  end: async () => undefined,
};

/** `✔ init-cluster on demo: succeeded, changed, 24s  run 4H7Q2M8X`. */
function endLine({ id, playbook, cluster, status, changed }: RunReport, ms: number): string {
  const mark = status === 'succeeded' ? '✔' : '✖';
  const where = cluster === null ? '' : ` on ${cluster}`;
  const run = id === null ? '' : `  run ${shortId(id)}`;
  return `${mark} ${playbook}${where}: ${status}, ${changed ? 'changed' : 'unchanged'}, ${formatDuration(ms)}${run}`;
}
