import { setTimeout as delay } from 'node:timers/promises';

/** Repeats `look` until it neither throws nor answers false; then answers what it said. After the deadline its last error. */
export async function eventually<T>(look: () => Promise<T> | T, withinMs = 30_000): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      const answer = await look();
      if (answer !== false) return answer;
      if (performance.now() > end) throw new Error(`still not so after ${withinMs} ms`);
    } catch (thrown) {
      if (performance.now() > end) throw thrown;
    }
    await delay(50);
  }
}
