import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/longest-first.ts';

const everywhere = ['**/node_modules/**', 'dist/**', '.autotrain/**', 'coverage/**'];

/** Processes that a test starts need cores too: never more test files at once than there are. */
const maxWorkers = Math.max(1, Math.min(4, availableParallelism()));

/** Unit tests sit beside their subject; what needs a server, a crash or a peer is in tests/ and gets one Temporal server. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers,
    sequence: { sequencer: LongestFirst },
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'unit',
          pool: 'forks',
          include: ['**/*.test.ts'],
          exclude: [...everywhere, 'tests/**'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'system',
          pool: 'forks',
          include: ['tests/**/*.test.ts'],
          exclude: everywhere,
          globalSetup: ['tests/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
