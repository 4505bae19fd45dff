import { chunkCount, chunkOf, chunkStart } from './chunk.ts';
import { RangeSet } from './range-set.ts';
import type { ResidueReport, Space } from './search.ts';

/** A part of a nonce space in cells of equal size (the last may be shorter), with how much of each was tested, 0 … 1. */
export interface CoverageMap {
  readonly from: bigint;
  readonly limit: bigint;
  /** Nonces in a cell. */
  readonly size: bigint;
  readonly cells: readonly number[];
}

/**
 * How much of each part of a space was tested: of the whole space, or, where that is much less, of the part from its beginning
 * to the last chunk that was begun. `residues` are all of them, in order; `most` is how many cells there are at most. Pure.
 */
export function coverageMap(space: Space, residues: readonly ResidueReport[], most: number): CoverageMap {
  const limit = endOf(space, residues);
  const tested = testedBelow(space, residues);
  const nonces = limit - space.from;
  const size = nonces > BigInt(most) ? (nonces + BigInt(most) - 1n) / BigInt(most) : 1n;
  const cells: number[] = [];
  let [lo, below] = [space.from, 0n];
  while (lo < limit) {
    const hi = lo + size < limit ? lo + size : limit;
    const upTo = tested(hi);
    cells.push(Math.min(1, Number(((upTo - below) * 1_000_000n) / (hi - lo)) / 1_000_000));
    [lo, below] = [hi, upTo];
  }
  return { from: space.from, limit, size, cells };
}

/** Where the last chunk ends of which anything was tested; that of the first one, where nothing was. */
function endOf(space: Space, residues: readonly ResidueReport[]): bigint {
  const stride = BigInt(residues.length);
  let last = 0n;
  for (const { residue, next, done } of residues) {
    if (next > BigInt(residue)) last = larger(last, next - stride);
    for (const [lo, hi] of done) if (hi > lo) last = larger(last, chunkOf(space, hi - 1n));
  }
  const end = chunkStart(space, last + 1n);
  return end < space.limit ? end : space.limit;
}

/** A function that tells how many nonces below another were tested. */
function testedBelow(space: Space, residues: readonly ResidueReport[]): (nonce: bigint) => bigint {
  const stride = BigInt(residues.length);
  const chunks = chunkCount(space);
  const pieces = [...new RangeSet(residues.flatMap(({ done }) => done))];
  return (nonce) => {
    const current = nonce >= space.limit ? chunks : chunkOf(space, nonce);
    let whole = 0n;
    let partial = 0n;
    for (const { residue, next } of residues) {
      const first = BigInt(residue);
      const end = next < current ? next : current;
      if (end <= first) {
        if (current === first && next > first) partial = nonce - chunkStart(space, current);
        continue;
      }
      const count = (end - first - 1n) / stride + 1n;
      whole += count * space.chunk;
      // The last chunk of a space may be shorter than the others.
      const last = first + (count - 1n) * stride;
      if (last === chunks - 1n) whole -= chunkStart(space, chunks) - space.limit;
      if (current < next && (current - first) % stride === 0n) partial = nonce - chunkStart(space, current);
    }
    return whole + partial + within(pieces, nonce);
  };
}

/** Nonces of sorted ranges that are below another. */
function within(pieces: readonly (readonly [lo: bigint, hi: bigint])[], nonce: bigint): bigint {
  let sum = 0n;
  for (const [lo, hi] of pieces) {
    if (lo >= nonce) break;
    sum += (hi < nonce ? hi : nonce) - lo;
  }
  return sum;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
