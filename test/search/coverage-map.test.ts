import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkCount, chunkOf, chunkRange } from '../../src/search/chunk.ts';
import { coverageMap } from '../../src/search/coverage-map.ts';
import type { Range, ResidueReport, ShareReport, Space } from '../../src/search/search.ts';

/** A small space, and how far each residue of it is. */
const searched = fc
  .record({
    from: fc.bigInt({ min: 0n, max: 50n }),
    size: fc.bigInt({ min: 1n, max: 200n }),
    chunk: fc.bigInt({ min: 1n, max: 30n }),
    rounds: fc.array(fc.nat(8), { minLength: 1, maxLength: 6 }),
    pieces: fc.array(fc.nat(29), { minLength: 6, maxLength: 6 }),
  })
  .map(({ from, size, chunk, rounds, pieces }): { space: Space; residues: ResidueReport[] } => {
    const space = { from, limit: from + size, chunk };
    const chunks = chunkCount(space);
    const stride = BigInt(rounds.length);
    const residues = rounds.map((round, residue): ResidueReport => {
      let next = BigInt(residue);
      for (let done = 0; done < round && next < chunks; done++) next += stride;
      // A part of the next chunk, which is not its beginning.
      const [lo, hi] = next < chunks ? chunkRange(space, next) : [0n, 0n];
      const begin = lo + BigInt(pieces[residue] ?? 0);
      return { residue, next, done: begin < hi ? [[begin, hi]] : [] };
    });
    return { space, residues };
  });

/** The same, divided at some nonces: what is done of each part. */
function divided({ from, limit, chunk }: Space, residues: readonly ResidueReport[], cuts: readonly bigint[]) {
  const space = { from, limit, chunk };
  const bounds = [from, ...cuts.map((cut) => from + (cut % (limit - from))), limit];
  bounds.sort((a, b) => (a < b ? -1 : 1));
  const stride = BigInt(residues.length);
  return residues.flatMap(({ residue, next, done }): ShareReport[] =>
    bounds.slice(1).flatMap((until, index) => {
      const begin = bounds[index] ?? from;
      if (begin === until) return [];
      // Where it ends before `next`, that is the first chunk past it.
      let past = BigInt(residue);
      while (past < chunkOf(space, begin) || (past < next && past <= chunkOf(space, until - 1n)))
        past += stride;
      const cut = done.flatMap(([lo, hi]): Range[] => {
        const piece: Range = [lo > begin ? lo : begin, hi < until ? hi : until];
        return piece[0] < piece[1] ? [piece] : [];
      });
      return [{ residue, next: past, done: cut, from: begin, until }];
    }),
  );
}

const cuts = fc.array(fc.bigInt({ min: 0n, max: 1000n }), { maxLength: 3 });

test('a map fills each cell as far as its nonces were tested', () => {
  fc.assert(
    fc.property(searched, fc.integer({ min: 1, max: 40 }), cuts, ({ space, residues }, most, at) => {
      const shares = divided(space, residues, at);
      const map = coverageMap(space, residues.length, shares, most);
      const tested = new Set<bigint>();
      for (const { residue, next, done } of residues) {
        for (let chunk = BigInt(residue); chunk < next; chunk += BigInt(residues.length)) {
          const [lo, hi] = chunkRange(space, chunk);
          for (let nonce = lo; nonce < hi; nonce++) tested.add(nonce);
        }
        for (const [lo, hi] of done) for (let nonce = lo; nonce < hi; nonce++) tested.add(nonce);
      }
      expect(map.cells.length).toBeLessThanOrEqual(most);
      // Nothing that was tested is beyond the map.
      for (const nonce of tested) expect(nonce).toBeLessThan(map.limit);
      map.cells.forEach((cell, index) => {
        const lo = map.from + BigInt(index) * map.size;
        const hi = lo + map.size < map.limit ? lo + map.size : map.limit;
        let count = 0;
        for (let nonce = lo; nonce < hi; nonce++) if (tested.has(nonce)) count += 1;
        expect(cell).toBeCloseTo(count / Number(hi - lo), 5);
      });
    }),
  );
});

test('a huge space of which little was tested is shown as far as it was reached', () => {
  const space = { from: 0n, limit: 2n ** 64n - 1n, chunk: 1000n };
  const map = coverageMap(
    space,
    1,
    [{ residue: 0, next: 3n, done: [[3000n, 3500n]], from: 0n, until: space.limit }],
    8,
  );
  expect(map).toEqual({ from: 0n, limit: 4000n, size: 500n, cells: [1, 1, 1, 1, 1, 1, 1, 0] });
});
