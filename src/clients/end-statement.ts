import { setTimeout as delay } from 'node:timers/promises';

/** A statement under way, and the two ways to end it. */
export interface StatementUnderWay {
  /** Settles when its session has answered or broke. */
  readonly over: Promise<unknown>;
  /** Once is not enough: a cancel that comes between two statements is lost. */
  cancel(withinMs: number): Promise<unknown>;
  terminate(withinMs: number): Promise<unknown>;
}

const cancelEvery = 1_000;
const cancels = 3;
const terminateWithin = 3_000;

/** Cancels it until it is over, terminates its session when that does not help; false: neither did, in some seconds. */
export async function endStatement({ over, cancel, terminate }: StatementUnderWay): Promise<boolean> {
  for (let tried = 0; tried < cancels; tried += 1) {
    void cancel(cancelEvery).catch(() => undefined);
    if (await within(over, cancelEvery)) return true;
  }
  void terminate(terminateWithin).catch(() => undefined);
  return within(over, terminateWithin);
}

/** Whether the work settled in time, however it did. */
export async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const done = new AbortController();
  const late = delay(ms, false, { signal: done.signal }).catch(() => false);
  const settled = work.then(
    () => true,
    () => true,
  );
  const answer = await Promise.race([settled, late]);
  done.abort();
  return answer;
}
