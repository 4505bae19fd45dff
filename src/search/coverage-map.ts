import { chunkOf, chunkRange, chunkStart, noncesWithin } from './chunk.ts';
import { RangeSet } from './range-set.ts';
import type { Range, ShareReport, Space } from './search.ts';

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
 * to the last chunk that was begun. `shares` are those of all residues, by residue; of a residue that was divided there are
 * several, which have no nonce in common. `most` is how many cells there are at most. Pure.
 */
export function coverageMap(
  space: Space,
  stride: number,
  shares: readonly ShareReport[],
  most: number,
): CoverageMap {
  const known = shares.map((share) => knownOf(space, stride, share));
  const limit = endOf(space, known);
  const tested = testedBelow(space, stride, known);
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

/** What is done of a share: all its nonces from … end − 1, and pieces above. */
interface Known {
  readonly residue: number;
  readonly from: bigint;
  readonly end: bigint;
  readonly done: readonly Range[];
}

function knownOf(space: Space, stride: number, { residue, next, done, from, until }: ShareReport): Known {
  const last = next - BigInt(stride);
  // It has nothing between the end of the chunk before `next` and that.
  const end = last < 0n ? from : chunkRange(space, last)[1];
  return { residue, from, end: smaller(larger(end, from), until), done };
}

/** Where the last chunk ends of which anything was tested; that of the first one, where nothing was. */
function endOf(space: Space, known: readonly Known[]): bigint {
  let last = 0n;
  for (const { from, end, done } of known) {
    if (end > from) last = larger(last, chunkOf(space, end - 1n));
    for (const [lo, hi] of done) if (hi > lo) last = larger(last, chunkOf(space, hi - 1n));
  }
  return smaller(chunkStart(space, last + 1n), space.limit);
}

/** A function that tells how many nonces below another were tested. */
function testedBelow(space: Space, stride: number, known: readonly Known[]): (nonce: bigint) => bigint {
  const pieces = [...new RangeSet(known.flatMap(({ done }) => done))];
  return (nonce) => {
    const whole = known.reduce((sum, { residue, from, end }) => {
      return sum + noncesWithin(space, BigInt(residue), BigInt(stride), from, smaller(end, nonce));
    }, 0n);
    return whole + within(pieces, nonce);
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

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
