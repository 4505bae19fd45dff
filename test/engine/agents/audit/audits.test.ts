import { describe, expect, test } from 'vitest';
import { Audits, type AuditOptions } from '../../../../src/engine/agents/audit/audits.ts';
import type { Range } from '../../../../src/search/search.ts';
import { randomSource } from '../../../helper/kernel.ts';

const slice = (worker: number, lo: bigint, ...told: bigint[]) => {
  return { worker, range: [lo, lo + 10n] as const, told: new Set(told) };
};

/** Every nonce that ends in 7 is a near-hit. */
function bench(options: Partial<AuditOptions> = {}) {
  const redone: Range[] = [];
  const lies: [number, string][] = [];
  const random = randomSource(7);
  const audits = new Audits({
    fraction: 0,
    each: false,
    redo: async (range) => {
      redone.push(range);
      return [range[0] + 7n];
    },
    random: () => random(2 ** 30) / 2 ** 30,
    signal: new AbortController().signal,
    onLie: (worker, { code }) => lies.push([worker, code]),
    ...options,
  });
  const settled = () =>
    new Promise<void>((resolve) => {
      const look = (): void => (audits.isSettled(look) ? resolve() : undefined);
      look();
    });
  return { audits, redone, lies, settled };
}

describe('audits', () => {
  test('without them everything is settled, and nothing is redone', async () => {
    const { audits, redone, settled } = bench();
    audits.claimed(slice(0, 10n));
    await settled();
    expect([audits.isWanted, redone]).toEqual([false, []]);
  });

  test('of each worker one slice is redone before anything counts as proved; who left one out is a liar', async () => {
    const { audits, redone, lies, settled } = bench({ each: true });
    for (const lo of [0n, 20n, 40n]) audits.claimed(slice(0, lo, lo + 7n));
    audits.claimed(slice(1, 10n, 11n));
    expect(redone).toEqual([]);
    await settled();
    expect(redone.map(([lo]) => lo).filter((lo) => lo % 20n === 0n)).toHaveLength(1);
    expect(redone).toHaveLength(2);
    expect(lies).toEqual([[1, 'agent-audit']]);
    expect(audits.done).toEqual({ slices: 2, nonces: '20' });
    await settled();
    expect(redone).toHaveLength(2);
  });

  test('each slice of a worker is as likely as any other', async () => {
    const counts = new Map([0n, 10n, 20n].map((lo) => [lo, 0]));
    for (let run = 0; run < 600; run++) {
      const random = randomSource(run);
      const { audits, redone, settled } = bench({ each: true, random: () => random(2 ** 30) / 2 ** 30 });
      for (const index of [0, 1, 2]) audits.claimed(slice(0, BigInt(index) * 10n, BigInt(index) * 10n + 7n));
      await settled();
      for (const [lo] of redone) counts.set(lo, (counts.get(lo) ?? 0) + 1);
    }
    expect(Math.min(...counts.values())).toBeGreaterThan(150);
  });

  test('a fraction is redone as it is claimed, and no more waits than there is room for', async () => {
    const { audits, redone, settled } = bench({ fraction: 1 });
    for (let index = 0n; index < 500n; index++) audits.claimed(slice(0, index * 10n, index * 10n + 7n));
    await settled();
    expect(redone.length).toBeGreaterThan(90);
    expect(redone.length).toBeLessThan(110);
  });

  test('where nothing can be redone that is said, and keeps nobody from an end', async () => {
    const { audits, settled } = bench({ each: true, redo: () => Promise.reject(new Error('no kernel')) });
    audits.claimed(slice(0, 10n));
    await settled();
    expect(audits.done).toEqual({ slices: 0, nonces: '0', impossible: 'no kernel' });
  });

  describe('by another worker', () => {
    const asking = (answers: readonly (readonly bigint[] | undefined)[]) => {
      const rest = [...answers];
      return {
        ask: async () => {
          const near = rest.shift();
          return near && { worker: 5, near };
        },
      };
    };

    test('count where both say the same, and nothing is redone here; without an answer it is', async () => {
      const peers = asking([[17n], undefined]);
      const { audits, redone, lies, settled } = bench({ fraction: 1, peers });
      audits.claimed(slice(0, 10n, 17n, 27n));
      audits.claimed(slice(0, 20n, 17n, 27n));
      await settled();
      expect(redone).toEqual([[20n, 30n]]);
      expect(lies).toEqual([]);
      expect(audits.done).toEqual({ slices: 2, nonces: '20', elsewhere: 1 });
    });

    test.each<[string, bigint[], bigint[], number[]]>([
      ['the one that claims it has left one out', [], [17n], [0]],
      ['the one that redid it has left one out', [17n], [], [5]],
      ['the one that redid it tells one that is none', [17n], [17n, 18n], [5]],
      ['the one that redid it tells one twice', [17n], [17n, 17n], [5]],
      ['both have', [], [18n], [0, 5]],
    ])('a difference is settled here: %s', async (_, told, near, liars) => {
      const { audits, redone, lies, settled } = bench({ fraction: 1, peers: asking([near]) });
      audits.claimed(slice(0, 10n, ...told));
      await settled();
      expect(redone).toEqual([[10n, 20n]]);
      expect(lies).toEqual(liars.map((worker) => [worker, 'agent-audit']));
    });
  });
});
