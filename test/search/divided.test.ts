import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkCount, chunkRange } from '../../src/search/chunk.ts';
import { coveredBy } from '../../src/search/covered.ts';
import { Ledger } from '../../src/search/ledger.ts';
import { anySpace, asRanges, nonces } from './arbitrary.ts';

const random = fc.infiniteStream(fc.nat(99));

describe('the coverage of a ledger whose shares were divided', () => {
  it('is read back exactly', () => {
    fc.assert(
      fc.property(anySpace, fc.integer({ min: 1, max: 4 }), random, (space, stride, dice) => {
        const roll = () => dice.next().value ?? 0;
        const ledger = new Ledger(space, stride);
        const tested = new Set<bigint>();
        for (let worker = 0; worker < stride; worker++) ledger.deal(worker);
        for (let step = 0; step < 12; step++) {
          const shares = ledger.residues();
          const share = shares[roll() % shares.length];
          if (!share) throw new Error('no share');
          const { residue, owner } = share;
          const extent = ledger.shares.extentOf(residue);
          const [from, until] = [extent.from ?? space.from, extent.until ?? space.limit];
          if (owner === undefined) {
            if (roll() < 30) ledger.divide(residue, BigInt(roll() % 20));
            else ledger.adopt(roll() % stride, residue);
          } else if (roll() < 40) {
            ledger.returned(owner, residue, from + BigInt(roll() % 40));
          } else {
            let next = share.next;
            const own = (chunk: bigint) =>
              nonces([chunkRange(space, chunk)]).filter((n) => from <= n && n < until);
            const past = chunkCount(space);
            while (next < past && roll() < 60) {
              if (own(next).length === 0) break;
              for (const n of own(next)) tested.add(n);
              next += BigInt(stride);
            }
            const some = next < past ? own(next).filter(() => roll() < 50) : [];
            const kept = [...tested].filter((n) => own(next).includes(n));
            for (const n of some) tested.add(n);
            const done = asRanges(new Set([...some, ...kept]));
            expect(ledger.report(owner, { residue, next, done })).toEqual({ accepted: true });
          }
          expect([...coveredBy(ledger.coverage(), space.limit)]).toEqual(asRanges(tested));
        }
      }),
      { numRuns: 300 },
    );
  });
});
