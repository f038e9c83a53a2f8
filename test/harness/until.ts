import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the condition answers something else than false, null or undefined, looking every 25 ms. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  withinMs = 30_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await condition();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await delay(25);
  }
}
