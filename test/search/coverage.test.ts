import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noCoverage } from '../../src/search/coverage.ts';
import { chunkCount, chunkRange } from '../../src/search/chunk.ts';
import { Ledger } from '../../src/search/ledger.ts';
import type { Range } from '../../src/search/search.ts';
import { anySpace, asRanges, nonces, rangesOf } from './arbitrary.ts';

/** Ten workers, a million rounds done, except that worker 3 stopped after its first chunk. */
function laggard(): Ledger {
  const ledger = new Ledger({ from: 0n, limit: 2n ** 40n, chunk: 100n }, 10);
  for (let worker = 0; worker < 10; worker++) {
    ledger.deal(worker);
    const next = worker === 3 ? 13n : 10_000_000n + BigInt(worker);
    ledger.report(worker, { residue: worker, next, done: [] });
  }
  return ledger;
}

describe('coverage', () => {
  it('has the ranges of a recount, for any residues and pieces', () => {
    fc.assert(
      fc.property(
        anySpace,
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.nat(9)),
        (space, stride, random) => {
          const ledger = new Ledger(space, stride);
          const tested = new Set<bigint>();
          for (let residue = 0; residue < stride; residue++) {
            ledger.deal(residue);
            let next = BigInt(residue);
            while (next < chunkCount(space) && random.next().value < 6) {
              for (const nonce of nonces([chunkRange(space, next)])) tested.add(nonce);
              next += BigInt(stride);
            }
            const done: Range[] = [];
            for (let chunk = next; chunk < chunkCount(space); chunk += BigInt(stride)) {
              for (const nonce of nonces([chunkRange(space, chunk)])) {
                if (random.next().value < 5) continue;
                done.push([nonce, nonce + 1n]);
                tested.add(nonce);
              }
            }
            expect(ledger.report(residue, { residue, next, done })).toEqual({ accepted: true });
          }
          const coverage = ledger.coverage();
          expect(rangesOf(coverage)).toEqual(asRanges(tested));
          expect(coverage.tested).toBe(`${tested.size}`);
          expect(ledger.complete(space.limit)).toBe(tested.size === Number(space.limit - space.from));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has every nonce as a decimal string, and is small however much is done', () => {
    const ledger = laggard();
    ledger.lose(3);
    ledger.confirm(2n ** 39n + 52n);
    const coverage = ledger.coverage();
    expect(JSON.stringify({ ...coverage, ranges: [] }).length).toBeLessThan(1000);
    expect(coverage).toMatchObject({ from: '0', chunk: '100', stride: 10, tested: '900000101' });
    expect(coverage.residues[3]).toEqual({ residue: 3, next: '13', done: [] });
    expect(coverage.residues[9]).toEqual({
      residue: 9,
      next: '10000009',
      done: [['549755813940', '549755813941']],
    });
  });

  it('lists a hundred ranges, and says when there are more', () => {
    const coverage = laggard().coverage();
    expect(coverage.rangesCut).toBe(true);
    expect(coverage.ranges).toHaveLength(100);
    expect(coverage.ranges.slice(0, 2)).toEqual([
      ['0', '1300'],
      ['1400', '2300'],
    ]);
    const just = new Ledger({ from: 0n, limit: 2000n, chunk: 10n }, 2);
    just.deal(0);
    just.report(0, { residue: 0, next: 200n, done: [] });
    expect(just.coverage()).toMatchObject({ rangesCut: false });
    expect(just.coverage().ranges).toHaveLength(100);
  });

  it('is of nothing before the stride is known', () => {
    expect(noCoverage({ from: 5n, limit: 10n, chunk: 1n })).toEqual({
      tested: '0',
      from: '5',
      chunk: '1',
      stride: 0,
      residues: [],
      ranges: [],
      rangesCut: false,
    });
  });
});
