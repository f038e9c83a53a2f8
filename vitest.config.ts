import { defineConfig } from 'vitest/config';

const UNIT = ['test/unit/**/*.test.ts', 'test/architecture/**/*.test.ts'];
const LONG = 'test/long/**';
const MATRIX = 'test/matrix/**/*.test.ts';
const withLong = process.env.PGDBA_TEST_LONG === '1';

export default defineConfig({
  test: {
    pool: 'forks',
    passWithNoTests: false,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'steps/**/*.ts'],
      reporter: ['text-summary', 'json'],
      reportsDirectory: 'coverage',
      reportOnFailure: true,
      thresholds: { lines: 80 },
    },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: UNIT, testTimeout: 20_000, sequence: { groupOrder: 0 } },
      },
      {
        // Everything that starts servers or the built program; two files at a time, since each brings a cluster.
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.test.ts'],
          exclude: withLong ? [...UNIT, MATRIX] : [...UNIT, MATRIX, LONG],
          testTimeout: withLong ? 1_800_000 : 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Processes that are killed at every place; after the others, since each file keeps the machine busy by itself.
        extends: true,
        test: {
          name: 'matrix',
          include: [MATRIX],
          testTimeout: withLong ? 7_200_000 : 300_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
