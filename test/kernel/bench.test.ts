import { expect, test } from 'vitest';
import { kernelRate } from '../../src/kernel/bench.ts';

test.each([
  ['exit 0', 'it ended without an answer'],
  ['read line; echo python4ever; cat > /dev/null', "it answered 'python4ever'"],
  ['exit 3', 'it ended with 3'],
  ['read lo hi; echo done $lo $hi; cat > /dev/null', 'it ended without an answer'],
])('a program that is no kernel is not measured: %s', async (script, words) => {
  await expect(kernelRate(['sh', '-c', script, 'kernel'], 'sha256d', 2, 1000)).rejects.toThrow(words);
});

test('a program that is not there is not measured', async () => {
  await expect(kernelRate(['/nowhere/kernel'], 'sha256d', 1, 1000)).rejects.toThrow(/ENOENT/);
});
