import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cappedRanges, coverageRecord, coveredRanges } from '../../src/search/coverage.ts';
import { chunkCount, chunkRange } from '../../src/search/chunk.ts';
import { Ledger } from '../../src/search/ledger.ts';
import type { Range } from '../../src/search/search.ts';
import { anySpace, asRanges, nonces } from './arbitrary.ts';

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

describe('coveredRanges', () => {
  it('are the ranges of a recount, for any residues and pieces', () => {
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
          expect([...coveredRanges(coverage)]).toEqual(asRanges(tested));
          expect(coverage.tested).toBe(BigInt(tested.size));
          expect(ledger.exhausted()).toBe(tested.size === Number(space.limit - space.from));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('cappedRanges', () => {
  it('say exactly what they leave out', () => {
    const ledger = laggard();
    const { ranges, more } = cappedRanges(ledger.coverage(), 3);
    expect(ranges).toEqual([
      [0n, 1300n],
      [1400n, 2300n],
      [2400n, 3300n],
    ]);
    expect(more).toEqual({ from: 3400n, nonces: ledger.tested - 3100n });
    expect(ledger.tested).toBe(9n * 100_000_000n + 100n);
  });

  it('have no `more` when they just fit', () => {
    const ledger = new Ledger({ from: 0n, limit: 40n, chunk: 10n }, 2);
    ledger.deal(0);
    ledger.report(0, { residue: 0, next: 4n, done: [] });
    expect(cappedRanges(ledger.coverage(), 2)).toEqual({
      ranges: [
        [0n, 10n],
        [20n, 30n],
      ],
    });
    expect(cappedRanges(ledger.coverage(), 0)).toEqual({ ranges: [], more: { from: 0n, nonces: 20n } });
  });
});

describe('coverageRecord', () => {
  it('is JSON with every nonce as a decimal string, and small however much is done', () => {
    const ledger = laggard();
    ledger.lose(3);
    ledger.confirm(2n ** 39n + 52n);
    const record = coverageRecord(ledger.coverage());
    expect(JSON.stringify(record).length).toBeLessThan(1000);
    expect(record).toMatchObject({
      from: '0',
      limit: '1099511627776',
      chunk: '100',
      stride: 10,
      tested: '900000101',
    });
    expect(record.residues[3]).toEqual({ residue: 3, status: 'orphaned', owner: null, next: '13', done: [] });
    expect(record.residues[9]).toEqual({
      residue: 9,
      status: 'held',
      owner: 9,
      next: '10000009',
      done: [['549755813940', '549755813941']],
    });
  });
});
