import { type Coverage, cappedRanges, coverageRecord } from '../search/coverage.ts';
import type { Space } from '../search/search.ts';
import type { CoverageReport } from './event.ts';

/** Merged ranges listed in an event; `residues` says all the same, however many they are. */
const listed = 100;

/** Which nonces were tested, as `run.ended` and run.json say it. */
export function coverageReport(coverage: Coverage): CoverageReport {
  const { from, chunk, stride, tested, residues } = coverageRecord(coverage);
  const { ranges, more } = cappedRanges(coverage, listed);
  return {
    tested,
    from,
    chunk,
    stride,
    residues: residues.map(({ residue, next, done }) => ({ residue, next, done })),
    ranges: ranges.map(([lo, hi]) => [`${lo}`, `${hi}`] as const),
    rangesCut: more !== undefined,
  };
}

/** Nothing was tested: the run ended before the stride was known. */
export function noCoverage({ from, chunk }: Space): CoverageReport {
  return {
    tested: '0',
    from: `${from}`,
    chunk: `${chunk}`,
    stride: 0,
    residues: [],
    ranges: [],
    rangesCut: false,
  };
}
