import { expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/config.ts';
import { UsageError } from '../../../src/error.ts';
import { idleWarning, judgeIdle } from '../../../src/run/plan/idle.ts';

const config = (flags: Record<string, string>) =>
  resolveConfig({ flags: { N: '8', T: '200', D: '6', ...flags }, env: {}, file: undefined });

const tooLarge = { limit: '3000000', chunk: '1000000' };

test('instances that would be idle are told with the numbers that would work', () => {
  expect(idleWarning(config(tooLarge))).toEqual({
    message:
      '5 of 8 instances would have nothing to search: the nonce space has 3 chunks of 1,000,000 nonces',
    hint: 'give --chunk 375000 or less, or --N 3',
  });
  expect(idleWarning(config({ ...tooLarge, chunk: '375000' }))).toBeUndefined();
  expect(idleWarning(config({ ...tooLarge, N: '3' }))).toBeUndefined();
  expect(idleWarning(config({ limit: '1', N: '2' }))).toEqual({
    message: '1 of 2 instances would have nothing to search: the nonce space has 1 chunk of 1 nonce',
    hint: 'give --N 1',
  });
});

test('a chunk that nobody gave shrinks by itself', () => {
  const { space } = config({ limit: '3000000' });
  expect(space.chunk).toBe(375_000n);
  expect(idleWarning(config({ limit: '3000000' }))).toBeUndefined();
});

test('where instances cost money they are refused', () => {
  expect(() => judgeIdle(config(tooLarge))).not.toThrow();
  const paid = () => judgeIdle(config({ ...tooLarge, fleet: 'ec2' }));
  expect(paid).toThrow(UsageError);
  expect(paid).toThrow(/^N is 8: 5 of 8 instances would have nothing to search/);
  expect(() => judgeIdle(config({ limit: '3000000', fleet: 'ec2' }))).not.toThrow();
});
