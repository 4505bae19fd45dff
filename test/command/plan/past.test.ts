import { expect, test } from 'vitest';
import { pastOf } from '../../../src/command/plan/past.ts';
import type { RunRecord } from '../../../src/event/record.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 10, 20, 8, 0, second)).toISOString();

/** A run with an instance for each of these: its type, seconds until it searched and of searching, and its nonces. */
function record(
  instances: readonly (readonly [type: string | undefined, boot: number, searched: number, hashes: number])[],
  kernel = 'kernel',
  scheme = 'hex-chain',
): RunRecord {
  return {
    run: '20261120-080000-abcd',
    startedAt: at(0),
    config: { N: instances.length, T: 100, fleet: 'hosts', puzzle: { scheme } },
    instances: instances.map(([type, boot, searched, hashes], index) => ({
      index,
      id: `i-${index}`,
      kernel,
      hashes,
      searchingAt: at(boot),
      stoppedAt: at(boot + searched),
      ...(type !== undefined && { type }),
    })),
  };
}

test('medians by type, or by fleet where there are no types', () => {
  const past = pastOf(
    [
      record([
        ['c7a.medium', 20, 10, 200],
        ['c7a.medium', 30, 10, 400],
        [undefined, 2, 10, 50],
      ]),
      record([['c7a.medium', 22, 10, 300]]),
    ],
    'hex-chain',
    'auto',
  );
  const of = (value: number, instances: number) => ({ value, instances, last: at(0) });
  expect(past.get('c7a.medium')).toEqual({ rate: of(30, 3), boot: of(22, 3) });
  expect(past.get('hosts')).toEqual({ rate: of(5, 1), boot: of(2, 1) });
});

test('other schemes, other kernels and searches that were too short say how long a boot takes, and no rate', () => {
  const records = [
    record([['c7a.medium', 20, 1, 200]]),
    record([['c7a.medium', 20, 10, 200]], 'pow.py'),
    record([['c7a.medium', 20, 10, 200]], 'kernel', 'sha256d'),
  ];
  expect(pastOf(records, 'hex-chain', 'auto').get('c7a.medium')).toEqual({
    boot: { value: 20, instances: 3, last: at(0) },
  });
  expect(pastOf(records, 'hex-chain', 'python').get('c7a.medium')?.rate?.value).toBe(20);
});

test('a rate is that of a short text: a long one after the nonce takes longer', () => {
  const short = record([['c7a.medium', 20, 10, 300]]);
  const puzzle = { scheme: 'hex-chain', block: 'a'.repeat(46) };
  const long = { ...short, schema: 2, config: { ...short.config, puzzle } };
  expect(pastOf([long], 'hex-chain', 'auto').get('c7a.medium')?.rate?.value).toBe(40);
});
