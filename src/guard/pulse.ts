import type { Readable } from 'node:stream';
import type { ReleaseReason } from '../formats/guard-talk.ts';

/** What pgdba tells its guard, and what else can end the guard's watch. */
export interface Pulse {
  /** The first line; rejects when the watch ended before it. */
  readonly brief: Promise<string>;
  /** The hold is on. */
  readonly reached: Promise<void>;
  /** pgdba released the hold itself. */
  readonly done: Promise<void>;
  /** Why the guard must release the hold; the first reason counts. */
  readonly ended: Promise<WatchEnd>;
  end(why: ReleaseReason, problem?: string): void;
}

export interface WatchEnd {
  readonly why: ReleaseReason;
  readonly problem: string | undefined;
}

/** Listens to the pipe. A line that its end cut off does not count. */
export function listen(pipe: Readable): Pulse {
  const brief = later<string>();
  const reached = later<void>();
  const done = later<void>();
  const ended = later<WatchEnd>();
  let rest = '';
  let lines = 0;
  pipe.setEncoding('utf8');
  pipe.on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) {
      if (lines++ === 0) brief.resolve(line);
      else if (line === 'reached') reached.resolve();
      else if (line === 'done') done.resolve();
    }
  });
  const end = (why: ReleaseReason, problem?: string) => ended.resolve({ why, problem });
  // A killed pgdba may leave an error behind instead of an end.
  for (const event of ['end', 'error', 'close']) pipe.on(event, () => end('pipe'));
  return {
    brief: Promise.race([brief.promise, ended.promise.then(neverBegan)]),
    reached: reached.promise,
    done: done.promise,
    ended: ended.promise,
    end,
  };
}

export function neverBegan({ why, problem }: WatchEnd): never {
  throw new Error(problem ?? (why === 'pipe' ? 'pgdba ended' : 'somebody ended it'));
}

function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
