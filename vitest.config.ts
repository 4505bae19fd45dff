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
    // What they tell of is something that hangs, not that a machine is slow.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // CI has two cores, and most of what is long waits most of the time: for boots, clocks and what is gone only after a while
    // (the EC2 suites use less than half a core each).
    maxWorkers: 3,
    // Hundreds of real processes on shared machines: what fails in CI is tried twice more, and reported as retried.
    retry: process.env['CI'] ? 2 : 0,
  },
});
