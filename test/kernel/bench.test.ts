import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { timeKernel } from '../../src/kernel/bench.ts';
import { parseProcessorTime, timingOf } from '../../src/kernel/contention.ts';

test.each([
  ['exit 0', 'it ended without an answer'],
  ['read line; echo python4ever; cat > /dev/null', "it answered 'python4ever'"],
  ['exit 3', 'it ended with 3'],
  ['read lo hi; echo done $lo $hi; read lo hi', 'it ended without an answer'],
  ['for i in 0 1 2 3 4 5 6 7; do read lo hi; echo done $lo $hi; done; exit 4', 'it ended with 4'],
])('a program that is no kernel is not measured: %s', async (script, words) => {
  await expect(timeKernel(['sh', '-c', script, 'kernel'], 'sha256d', 2, 1000)).rejects.toThrow(words);
});

test('a program that is not there is not measured', async () => {
  await expect(timeKernel(['/nowhere/kernel'], 'sha256d', 1, 1000)).rejects.toThrow(/ENOENT/);
});

test('a timing tells the median of its windows, what the machine does undisturbed, and whether it was', () => {
  const window = (wall: number, processor: number, waited: number) => ({ wall, processor, waited, ran: 1 });
  const quiet = timingOf([window(98, 100, 0), window(97, 99, 0.01), window(99, 98, 0)]);
  expect(quiet).toMatchObject({ rate: 98, quiet: 100, contention: { isContended: false } });
  // Another program has half of each core.
  const shared = timingOf([window(50, 100, 1), window(49, 99, 1), window(51, 98, 1)]);
  expect(shared).toMatchObject({ rate: 50, quiet: 100, contention: { waiting: 0.5, isContended: true } });
  // The other hyper-thread is busy in most windows.
  const slower = timingOf([window(75, 75, 0), window(75, 75, 0), window(100, 100, 0)]);
  expect(slower.contention).toEqual({ waiting: 0, slower: 0.25, isContended: true });
});

test.each([
  ['2000000000 500000000 7\n', { ran: 2, waited: 0.5 }],
  ['', undefined],
  ['1 2', undefined],
  ['cpu 1 2 3', undefined],
])('processor time is read from %j', (text, expected) => {
  expect(parseProcessorTime(text)).toEqual(expected);
});

test.runIf(process.platform === 'linux')(
  'kernels that share a processor are seen to wait for it',
  async () => {
    // Both answer after about 50 ms of work on the one processor that they may use.
    const script =
      'while read lo hi; do [ $lo = $hi ] || for i in $(seq 20000); do :; done; echo done $lo $hi; done';
    const cpu = /^Cpus_allowed_list:\s+(\d+)/m.exec(await readFile('/proc/self/status', 'ascii'))?.[1] ?? '0';
    const { contention } = await timeKernel(
      ['taskset', '-c', cpu, 'sh', '-c', script, 'kernel'],
      'sha256d',
      2,
      1000,
    );
    expect(contention.waiting).toBeGreaterThan(0.3);
    expect(contention.isContended).toBe(true);
  },
);
