import { expect, test } from 'vitest';
import { threadShare } from '../../../src/fleet/local/thread-share.ts';

test.each([
  [2, 1, 2],
  [2, 8, 1],
  [16, 3, 5],
  [16, 16, 1],
  [1, 100, 1],
])('%i cores for %i instances: %i thread(s) each', (cores, count, threads) => {
  expect(threadShare(cores, count)).toBe(threads);
});
