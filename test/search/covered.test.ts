import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkCount, chunkRange } from '../../src/search/chunk.ts';
import { type RecordedCoverage, coveredBy, largestRanges } from '../../src/search/covered.ts';
import { Ledger } from '../../src/search/ledger.ts';
import { RangeSet } from '../../src/search/range-set.ts';
import type { Range } from '../../src/search/search.ts';
import { anySpace, asRanges, nonces } from './arbitrary.ts';

const anyStride = fc.integer({ min: 1, max: 7 });
const random = fc.infiniteStream(fc.nat(9));

describe('what a coverage says was tested', () => {
  it('is read back exactly, and goes on with another N', () => {
    fc.assert(
      fc.property(anySpace, anyStride, anyStride, random, random, (space, first, second, some, more) => {
        const tested = new Set<bigint>();
        let ledger = new Ledger(space, first);
        for (const [stride, dice] of [
          [first, some],
          [second, more],
        ] as const) {
          const known = coveredBy(ledger.coverage(), space.limit);
          expect([...known]).toEqual(asRanges(tested));
          ledger = new Ledger(space, stride, largestRanges(known));
          for (let residue = 0; residue < stride; residue++) {
            const [given] = ledger.deal(residue);
            let { next } = given ?? { next: BigInt(residue) };
            while (next < chunkCount(space) && dice.next().value < 6) {
              for (const nonce of nonces([chunkRange(space, next)])) tested.add(nonce);
              next += BigInt(stride);
            }
            const done: Range[] = [];
            for (let chunk = next; chunk < chunkCount(space); chunk += BigInt(stride)) {
              for (const nonce of nonces([chunkRange(space, chunk)])) {
                if (dice.next().value < 5) continue;
                done.push([nonce, nonce + 1n]);
                tested.add(nonce);
              }
            }
            expect(ledger.report(residue, { residue, next, done })).toEqual({ accepted: true });
          }
          expect(ledger.tested).toBe(BigInt(tested.size));
        }
        expect([...coveredBy(ledger.coverage(), space.limit)]).toEqual(asRanges(tested));
      }),
      { numRuns: 300 },
    );
  });

  it('of a run that ended before it had any instance is what it began with', () => {
    const space = { from: 0n, limit: 100n, chunk: 10n };
    const coverage = { ...new Ledger(space, 1).coverage(), stride: 0, residues: [] };
    expect([...coveredBy(coverage, 100n)]).toEqual([]);
    expect([...coveredBy({ ...coverage, earlier: [['3', '7']] }, 100n)]).toEqual([[3n, 7n]]);
    const residues = [{ residue: 0, next: '0', done: [] }];
    expect(() => coveredBy({ ...coverage, residues }, 100n)).toThrow('1 residues of 0');
  });

  it('is what a recount of parts of residues says, wherever they are divided', () => {
    fc.assert(
      fc.property(anySpace, anyStride, fc.infiniteStream(fc.nat(99)), (space, stride, dice) => {
        const tested = new Set<bigint>();
        const residues: RecordedCoverage['residues'][number][] = [];
        const size = space.limit - space.from;
        const chunks = chunkCount(space);
        for (let residue = 0; residue < stride; residue++) {
          const cuts = [0, 0, 0].map(() => space.from + (BigInt(dice.next().value) * size) / 100n);
          const bounds = [...new Set([space.from, ...cuts, space.limit])].toSorted((a, b) =>
            a < b ? -1 : 1,
          );
          for (const [index, until] of bounds.slice(1).entries()) {
            const from = bounds[index] ?? space.from;
            let next = BigInt(residue);
            while (next < chunks && dice.next().value < 70) next += BigInt(stride);
            const done: [string, string][] = [];
            for (let chunk = BigInt(residue); chunk < chunks; chunk += BigInt(stride)) {
              for (const nonce of nonces([chunkRange(space, chunk)])) {
                if (nonce < from || nonce >= until) continue;
                if (chunk < next) tested.add(nonce);
                else if (dice.next().value < 30) {
                  tested.add(nonce);
                  done.push([`${nonce}`, `${nonce + 1n}`]);
                }
              }
            }
            residues.push({ residue, next: `${next}`, done, from: `${from}`, until: `${until}` });
          }
        }
        const coverage = { from: `${space.from}`, chunk: `${space.chunk}`, stride, residues };
        expect([...coveredBy(coverage, space.limit)]).toEqual(asRanges(tested));
      }),
      { numRuns: 300 },
    );
  });

  it('of too many ranges is the largest', () => {
    const set = new RangeSet([
      [0n, 5n],
      [10n, 11n],
      [20n, 29n],
      [40n, 42n],
    ]);
    expect(largestRanges(set, 2)).toEqual([
      [0n, 5n],
      [20n, 29n],
    ]);
    expect(largestRanges(set)).toHaveLength(4);
  });

  it.each([
    [{ stride: 2, residues: [{ residue: 0, next: '0', done: [] }] }],
    [{ stride: 1, residues: [{ residue: 1, next: '1', done: [] }] }],
    [{ stride: 1, residues: [{ residue: 0, next: '99', done: [] }] }],
    [{ stride: 1, residues: [{ residue: 0, next: '0', done: [['9', '101']] as const }] }],
    [{ stride: 1, residues: [{ residue: 0, next: '0', done: [['9', '9']] as const }] }],
    [{ chunk: '0', stride: 0, residues: [] }],
    [{ from: '100', stride: 0, residues: [] }],
    [{ stride: 0, residues: [], earlier: [['50', '101']] as const }],
  ])('that cannot be is refused: %j', (coverage) => {
    const known = { from: '0', chunk: '10', ...coverage };
    expect(() => coveredBy(known, 100n)).toThrow(/the coverage is damaged/);
  });
});

describe('a hostile coverage', () => {
  it('of half a million pieces in the worst order is read in the time that as many in order take', () => {
    const pieces = (order: (index: number) => number) =>
      Array.from({ length: 7 }, (_, part) => ({
        residue: 0,
        next: '0',
        done: Array.from({ length: 65_000 }, (__, index): [string, string] => {
          const lo = (order(index) * 7 + part) * 2;
          return [`${lo}`, `${lo + 1}`];
        }),
      }));
    const timed = (order: (index: number) => number): number => {
      const residues = pieces(order);
      const begin = performance.now();
      expect(coveredBy({ from: '0', chunk: '1', stride: 1, residues }, 2n ** 64n - 1n).size).toBe(455_000);
      return performance.now() - begin;
    };
    const inOrder = timed((index) => index);
    expect(timed((index) => 64_999 - index)).toBeLessThan(10 * inOrder + 1000);
  });
});
