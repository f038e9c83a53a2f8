/** Numbers from 0 to below 1 that only depend on the seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this test run: PGDBA_TEST_SEED repeats an earlier one. */
export const testSeed = Number(process.env['PGDBA_TEST_SEED'] ?? Date.now() % 1_000_000);

/** So many of them, chosen by chance, in their order. */
export function sample<T>(items: readonly T[], count: number, random: () => number): T[] {
  const left = items.map((_, at) => at);
  const chosen: number[] = [];
  while (chosen.length < count && left.length > 0) {
    chosen.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return chosen.sort((a, b) => a - b).flatMap((at) => items.slice(at, at + 1));
}
