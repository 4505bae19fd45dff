import { describe, expect, test } from 'vitest';
import { summary } from '../../src/view/summary.ts';
import { dangerous } from './dangerous.ts';
import { endedWith, run } from './example.ts';

/** A summary with neither result nor reason. */
function without(...absent: ('nonce' | 'digest' | 'instance')[]) {
  return Object.fromEntries(absent.map((name) => [name, undefined]));
}
const nothing = without('nonce', 'digest', 'instance');
const rows = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
      .map((line) => [line.slice(0, 10).trim(), line.slice(10)]),
  );

test('a found nonce, one fact a line', () => {
  expect(summary(endedWith({}))).toBe(
    [
      'outcome   golden nonce found',
      'nonce     116',
      'digest    00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa',
      'found by  instance #3',
      'tested    1,234,567 nonces: 0–999,999, 2,000,000–2,234,566',
      'rate      2.50 MH/s',
      'instances 4 launched, all terminated',
      'time      12.3 s (plan 0.20 s, launch 0.50 s, boot 1.00 s, search 9.00 s, stop 0.05 s, logs 0.30 s, terminate 0.20 s)',
      `logs      /srv/logs/${run}`,
      'This is the first one found, not always the same; --smallest finds the smallest and proves it.',
      '',
    ].join('\n'),
  );
});

describe('each outcome', () => {
  test.each([
    ['found', { smallest: true }, 'golden nonce found'],
    ['unproven', { smallest: true }, 'golden nonce found, but not proved to be the smallest in time'],
    ['exhausted', nothing, 'no golden nonce in the whole space'],
    ['time-limit', nothing, 'no golden nonce found within the time limit'],
    ['interrupted', nothing, 'interrupted before a golden nonce was found'],
    ['failed', nothing, 'failed'],
  ] as const)('%s', (outcome, fields, headline) => {
    const text = summary(endedWith({ outcome, ...fields }));
    expect(rows(text)['outcome']).toBe(headline);
    expect(text).not.toContain('--smallest');
  });

  test('what is not proved is a candidate, whatever ended the proof', () => {
    for (const outcome of ['unproven', 'interrupted', 'failed'] as const) {
      const told = rows(summary(endedWith({ outcome, smallest: true })));
      expect(told).toMatchObject({ candidate: '116', 'found by': 'instance #3' });
      expect(told).not.toHaveProperty('nonce');
      expect(told['outcome']).not.toMatch(/before a golden nonce was found/);
    }
  });

  test('a reason is told, and cannot command the terminal', () => {
    const text = summary(endedWith({ outcome: 'failed', ...nothing, reason: 'no\u001B[2J space\nleft' }));
    expect(rows(text)['reason']).toBe('no?[2J space?left');
    expect(text.replaceAll('\n', '')).not.toMatch(dangerous);
  });
});

describe('what is left', () => {
  test('is named with the exact command that terminates it', () => {
    const text = summary(endedWith({ exitCode: 4, left: ['i-0abc', 'i-0def\u001B[2J'] }));
    expect(text).toContain('NOT CONFIRMED as terminated: i-0abc i-0def?[2J\n');
    expect(text).toContain(`cnd scram --run ${run}\n`);
  });

  test('is not named when nothing is', () => {
    expect(summary(endedWith({}))).not.toMatch(/scram|NOT CONFIRMED/);
  });

  test('exit code 4 never comes without the scram command', () => {
    expect(summary(endedWith({ exitCode: 4, left: [] }))).toContain(`cnd scram --run ${run}\n`);
  });
});

describe('what was tested', () => {
  const tested = (ranges: [string, string][], rangesCut = false) => {
    const { coverage } = endedWith({});
    return rows(summary(endedWith({ tested: '7', coverage: { ...coverage, ranges, rangesCut } })))['tested'];
  };

  test('nothing', () => {
    expect(tested([])).toBe('7 nonces');
  });

  test('twice, because an instance did not answer', () => {
    const { coverage } = endedWith({});
    expect(rows(summary(endedWith({ coverage })))['twice']).toBeUndefined();
    expect(rows(summary(endedWith({ coverage: { ...coverage, doubled: '1200' } })))['twice']).toBe(
      '1,200 nonces, because an instance did not answer at the end',
    );
  });

  test('up to three ranges, inclusive, exact at the top of the space', () => {
    expect(tested([['18446744073709551614', '18446744073709551615']])).toBe(
      '7 nonces: 18,446,744,073,709,551,614–18,446,744,073,709,551,614',
    );
    const four: [string, string][] = [
      ['0', '1'],
      ['2', '4'],
      ['5', '6'],
      ['8', '9'],
    ];
    expect(tested(four.slice(0, 3))).toBe('7 nonces: 0–0, 2–3, 5–5');
    expect(tested(four)).toBe('7 nonces: 0–0, 2–3, 5–5, … (all in run.json)');
    expect(tested(four.slice(0, 2), true)).toBe('7 nonces: 0–0, 2–3, … (all in run.json)');
  });

  test('phases that were not reached are left out', () => {
    expect(rows(summary(endedWith({ phases: { terminate: 0.1 }, elapsed: 3 })))['time']).toBe(
      '3.00 s (terminate 0.10 s)',
    );
  });
});

test('a bitcoin digest is shown as block explorers do, and the odds of as many nonces are told', () => {
  const text = summary(endedWith({ digest: '0102', displayDigest: '0201', probability: 0.25 }));
  expect(text).toMatch(/^digest +0201$/m);
  expect(text).toMatch(/^odds +25\.0 % for as many nonces$/m);
});

test('what it cost at most is told with its basis, and nothing where instances cost nothing', () => {
  const cost = (fields: object): string | undefined => rows(summary(endedWith(fields)))['cost'];
  expect(cost({ cost: 0.0421, costBasis: 'c7a.medium on demand' })).toBe(
    'at most $0.043 (c7a.medium on demand)',
  );
  expect(cost({ costBasis: 'no price is known for x' })).toBe('unknown (no price is known for x)');
  expect(cost({})).toBeUndefined();
});
