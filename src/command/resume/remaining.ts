import type { RunConfig } from '../../config/config.ts';
import { CndError } from '../../error.ts';
import { verify } from '../../puzzle/verification.ts';
import type { EarlierRun } from '../../run/record/earlier.ts';
import { coveredBy, largestRanges } from '../../search/covered.ts';
import { RangeSet } from '../../search/range-set.ts';
import { type PastRun, nothing } from './past-run.ts';

/**
 * What a run goes on with that resumes another: the union of all that was tested. Pure.
 * @throws UsageError `nothing-to-resume` when that is everything, or the nonce is known; CndError for damaged coverage.
 */
export function remainingOf(
  { run, coverages, candidate: claim }: PastRun,
  { puzzle, space, smallest }: Pick<RunConfig, 'puzzle' | 'space' | 'smallest'>,
): EarlierRun {
  const known = new RangeSet();
  for (const coverage of coverages) {
    if (coverage.from !== `${space.from}`)
      throw new CndError('coverage-damaged', `the coverage of ${run} is that of another nonce space`, {
        about: run,
      });
    for (const [lo, hi] of coveredBy(coverage, space.limit)) known.add(lo, hi);
  }
  const nonce = claim === undefined ? undefined : BigInt(claim.nonce);
  const isOurs = nonce !== undefined && nonce >= space.from && nonce < space.limit;
  // Whoever wrote it, it counts only if it is golden.
  const digest = isOurs ? verify(puzzle, nonce, claim?.digest ?? '') : undefined;
  const candidate = nonce !== undefined && digest !== undefined ? { nonce, digest } : undefined;
  if (candidate && !smallest) throw nothing(run, `it has found the golden nonce ${candidate.nonce}`);
  if (candidate && known.covers(space.from, candidate.nonce))
    throw nothing(run, `it has found the smallest golden nonce, ${candidate.nonce}`);
  if (known.covers(space.from, space.limit)) throw nothing(run, 'it has tested the whole nonce space');
  const done = largestRanges(known);
  const tested = done.reduce((sum, [lo, hi]) => sum + hi - lo, 0n);
  return { run, done, tested, ...(candidate && { candidate }) };
}
