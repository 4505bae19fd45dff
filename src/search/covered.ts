import { CndError } from '../error.ts';
import { type Coverage, coveredRanges } from './coverage.ts';
import { RangeSet } from './range-set.ts';
import { ResidueProgress } from './residue.ts';
import type { Range, Space } from './search.ts';

/** Ranges that a search begins with at most: their number is what a job, a record and a look-up cost. */
export const mostKnown = 65_536;

/** Ranges that are taken of one coverage at most, however many it has; the rest is searched again. */
const mostCovered = 1_000_000;

/**
 * Which nonces of a space a recorded coverage says were tested: the inverse of `coverageOf`. It comes from a file, so that
 * nothing of it is believed before it is seen to be possible. Pure.
 * @throws CndError `coverage-damaged` when it cannot be the coverage of this space.
 */
export function coveredBy(
  { from, chunk, stride, residues, earlier = [] }: RecordedCoverage,
  limit: bigint,
): RangeSet {
  const space: Space = { from: BigInt(from), chunk: BigInt(chunk), limit };
  if (space.chunk < 1n || space.from >= limit) throw damaged('its space is empty');
  if (residues.length !== stride) throw damaged(`it has ${residues.length} residues of ${stride}`);
  const known = new RangeSet(earlier.map(asRange));
  for (const [lo, hi] of known)
    if (lo < space.from || hi > limit) throw damaged(`${lo}..${hi} is not in the space`);
  const reports = residues.map(({ residue, next, done }, index) => {
    if (residue !== index) throw damaged(`residue ${index} is missing`);
    const report = { residue, next: BigInt(next), done: done.map(asRange) };
    const violation = new ResidueProgress(space, stride, residue, known).violation(report);
    if (violation !== undefined) throw damaged(violation);
    return report;
  });
  let taken = 0;
  for (const [lo, hi] of coveredRanges(space, reports)) {
    if ((taken += 1) > mostCovered) break;
    known.add(lo, hi);
  }
  return known;
}

/** As much of a coverage as says all of it. */
export type RecordedCoverage = Pick<Coverage, 'from' | 'chunk' | 'stride' | 'residues'> & {
  readonly earlier?: readonly (readonly [string, string])[] | undefined;
};

/** The ranges of a set, ascending; where there are too many, the largest. Pure. */
export function largestRanges(set: RangeSet, most: number = mostKnown): readonly Range[] {
  const all = [...set];
  if (all.length <= most) return all;
  const size = ([lo, hi]: Range): bigint => hi - lo;
  return all
    .toSorted((a, b) => (size(a) < size(b) ? 1 : -1))
    .slice(0, most)
    .toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
}

function asRange([lo, hi]: readonly [string, string]): Range {
  const range: Range = [BigInt(lo), BigInt(hi)];
  if (range[0] >= range[1]) throw damaged(`${lo}..${hi} is empty`);
  return range;
}

function damaged(why: string): CndError {
  return new CndError('coverage-damaged', `the coverage is damaged: ${why}`);
}
