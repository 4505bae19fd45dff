import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { makePuzzle } from '../../../src/puzzle/definition.ts';
import { digest } from '../../../src/puzzle/digest.ts';
import { Ledger } from '../../../src/search/ledger.ts';
import { type Golden, TimedFleet } from './timed-fleet.ts';

// The search itself, its ledger and its policy over agents in virtual time: who searches what, and when it ends.

const hopeless = makePuzzle({ difficulty: 64 });

/** Searches a space that all together need so many seconds for. @returns by how much longer it took, and after how many orders */
async function play(
  speeds: readonly number[],
  seconds: number,
  chunk: bigint,
): Promise<{ readonly ratio: number; readonly orders: number }> {
  const sum = speeds.reduce((all, speed) => all + speed, 0);
  const size = BigInt(Math.round(sum * seconds));
  const fleet = new TimedFleet({ from: 7n, limit: 7n + size, chunk }, speeds, hopeless);
  const end = await fleet.run(200 * seconds);
  expect(fleet.search.tested).toBe(size);
  expect(fleet.doubled).toBe(0n);
  return { ratio: end / seconds, orders: fleet.orders };
}

/** `count` workers, each so fast, but for one. */
function all(speed: number, count: number, one: number): number[] {
  return Array.from({ length: count }, (_, worker) => (worker === 0 ? one : speed));
}

describe('workers of unequal speed end together, and nothing is searched twice', () => {
  test.each<[string, number[], number, bigint]>([
    ['4 and 200 kH/s', [4000, 200_000], 10, 1_000_000n],
    ['the slow one last', [200_000, 4000], 10, 1_000_000n],
    ['1:100, small chunks', [1000, 100_000], 20, 5000n],
    ['fewer chunks than workers', [4000, 4000, 4000], 20, 1_000_000n],
    ['one chunk', [4000, 40_000, 4000], 20, 10_000_000n],
    ['one of 50 is faster', all(1000, 50, 100_000), 30, 1_000_000n],
    ['one of 50 is slower', all(100_000, 50, 1000), 30, 1_000_000n],
  ])('%s', async (_, speeds, seconds, chunk) => {
    expect((await play(speeds, seconds, chunk)).ratio).toBeLessThan(1.1);
  });

  test('all shares are not looked at whenever one of 500 has nothing left', async () => {
    const looks = vi.spyOn(Ledger.prototype, 'residues');
    const speeds = Array.from({ length: 500 }, (_, worker) => 100_000 + ((worker * 7919) % 100) * 500);
    const { ratio, orders } = await play(speeds, 10, 1_000_000n);
    expect(ratio).toBeLessThan(1.1);
    expect(orders).toBeGreaterThan(500);
    // Whatever happens, 20 times a second at most.
    expect(looks.mock.calls.length).toBeLessThan(20 * 11);
  });

  test('any mix of two speeds up to 100:1, any chunk: within 1.2 of the ideal, with few orders', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 100, max: 1_000_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 10, max: 40 }),
        fc.constantFrom(0.1, 1, 10, 100),
        async (slow, times, mix, seconds, secondsPerChunk) => {
          const speeds = mix.map((isFast) => (isFast ? slow * times : slow));
          const { ratio, orders } = await play(
            speeds,
            seconds,
            BigInt(Math.ceil(Math.max(...speeds) * secondsPerChunk)),
          );
          expect(ratio).toBeLessThan(1.2);
          expect(orders).toBeLessThan(30 * speeds.length);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});

const easy = makePuzzle({ difficulty: 4 });

/** The golden nonces up to a few times what is searched for the smallest. */
const golden: readonly Golden[] = Array.from({ length: 600_000 }, (_, nonce) => BigInt(nonce)).flatMap(
  (nonce) => {
    const hex = digest(easy, nonce).toString('hex');
    return hex.startsWith('0000') ? [{ nonce, digest: hex }] : [];
  },
);

describe('the smallest golden nonce is found as soon as if all had tested nothing above it', () => {
  /** Searches from so far before one of them that all together need so many seconds to reach it. */
  async function find(mix: readonly number[], seconds: number, chunkSeconds: number, which: number) {
    const [before, target] = [golden[which]?.nonce ?? -1n, golden[which + 1]?.nonce ?? 0n];
    const from = before + 1n;
    const sum = mix.reduce((all, part) => all + part, 0);
    const speeds = mix.map((part) => (part / sum) * (Number(target - from) / seconds));
    const chunk = BigInt(Math.ceil(Math.max(...speeds) * chunkSeconds));
    const fleet = new TimedFleet({ from, limit: 2n ** 32n, chunk }, speeds, easy, golden.slice(which + 1));
    const end = await fleet.run(200 * seconds);
    expect(fleet.search.best?.nonce).toBe(target);
    expect(fleet.most).toBeLessThan(150);
    expect(fleet.doubled).toBe(0n);
    return { ratio: end / seconds, orders: fleet.orders };
  }

  test.each<[string, number[], number]>([
    ['equal ones', [1, 1, 1], 1],
    ['1:100', [1, 100], 0.1],
    ['100:1, one chunk for long', [100, 1], 100],
    ['one of 50 is faster', all(1, 50, 100), 0.1],
    ['one of 50 is slower', all(100, 50, 1), 10],
  ])('%s', async (_, mix, chunkSeconds) => {
    for (const which of [0, 1]) expect((await find(mix, 40, chunkSeconds, which)).ratio).toBeLessThan(1.2);
  });

  test('any mix of two speeds up to 100:1, any chunk: within 1.2 of the ideal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 24, max: 60 }),
        fc.constantFrom(0.1, 1, 10, 100),
        async (times, mix, seconds, chunkSeconds) => {
          const { ratio, orders } = await find(
            mix.map((isFast) => (isFast ? times : 1)),
            seconds,
            chunkSeconds,
            0,
          );
          expect(ratio).toBeLessThan(1.2);
          expect(orders).toBeLessThan(4 * mix.length * seconds);
        },
      ),
      {
        numRuns: 30,
        examples: [
          [4, Array.from('00000101000', (is) => is === '1'), 24, 100],
          [47, Array.from('00010110011', (is) => is === '1'), 24, 100],
        ],
      },
    );
  }, 60_000);
});

describe('a worker that is away at the end is not waited for', () => {
  test('two of three do what it has, and only that is done twice', async () => {
    const fleet = new TimedFleet({ from: 0n, limit: 30_000n, chunk: 1000n }, [500, 500, 500], hopeless);
    fleet.cut(0, 8, 100);
    // Of the 20 s it has searched 8; the others do the rest of its 10,000 nonces from 20 s on, when they have nothing left.
    expect(await fleet.run(1000)).toBeLessThan(28);
    expect(fleet.search.tested).toBe(30_000n);
  });

  test('whoever is away for however long: all is covered, nothing twice but on purpose', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 100, max: 1000 }), { minLength: 2, maxLength: 5 }),
        fc.array(fc.record({ worker: fc.nat(3), at: fc.nat(25), seconds: fc.integer({ min: 1, max: 30 }) }), {
          maxLength: 3,
        }),
        fc.constantFrom(100n, 1000n, 20_000n),
        async (speeds, cuts, chunk) => {
          const sum = speeds.reduce((all, speed) => all + speed, 0);
          const limit = BigInt(sum * 20);
          const fleet = new TimedFleet({ from: 0n, limit, chunk }, speeds, hopeless);
          // One at a time of each worker, one after the other.
          let free = 0;
          for (const { worker, at, seconds } of cuts) {
            fleet.cut((worker % (speeds.length - 1)) + 1, free + at + 1, seconds);
            free += at + seconds + 2;
          }
          await fleet.run(1000);
          const { tested, doubled = '0' } = fleet.search.coverage();
          expect(tested).toBe(`${limit}`);
          expect(fleet.doubled).toBeGreaterThanOrEqual(BigInt(doubled));
          if (cuts.length === 0) expect(fleet.doubled).toBe(0n);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
