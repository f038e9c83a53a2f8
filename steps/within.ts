import { setTimeout as delay } from 'node:timers/promises';

/** What the work answers, or null when it takes longer than `ms`; the work itself goes on. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  const timer = new AbortController();
  const late = delay(ms, null, { signal: timer.signal });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    work.catch(() => undefined);
    timer.abort();
  }
}
