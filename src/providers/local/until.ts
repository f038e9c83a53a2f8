import { setTimeout as delay } from 'node:timers/promises';

export interface Waiting {
  readonly withinMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** Looks again and again until `look` answers something; undefined when the time is over. Throws when aborted. */
export async function until<T>(
  look: () => Promise<T | undefined> | T | undefined,
  { withinMs, everyMs = 50, signal }: Waiting,
): Promise<T | undefined> {
  const end = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() >= end) return undefined;
    await delay(everyMs, undefined, signal ? { signal } : {});
  }
}
