import { defineConfig } from 'vitest/config';
import { ShortReporter } from './test/helper/reporter.ts';
import { LongestFirst } from './test/helper/sequencer.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helper/build.ts'],
    // On a terminal and in CI alike: what passes at the first try is not worth a line.
    reporters: [new ShortReporter()],
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Real processes share two cores in CI: more files at once only make them wait for each other.
    maxWorkers: 2,
    // Hundreds of real processes on shared machines: what fails in CI is tried twice more, and reported as retried.
    retry: process.env['CI'] ? 2 : 0,
  },
});
