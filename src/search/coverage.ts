import { chunkCount, chunkRange, chunkStart } from './chunk.ts';
import { mergeRanges } from './range-set.ts';
import type { Range, ResidueReport, ResidueStatus, Space } from './search.ts';

/** What is done of one residue, and who has the rest of it. */
export interface ResidueCoverage extends ResidueReport {
  readonly status: ResidueStatus;
  readonly owner: number | undefined;
}

/** Exactly which nonces were tested, in a size that grows with N and not with the chunks done. */
export interface Coverage {
  readonly space: Space;
  /** How many nonces were tested. */
  readonly tested: bigint;
  /** One for each residue 0 … N − 1, in order. */
  readonly residues: readonly ResidueCoverage[];
}

/** The tested nonces as merged ranges, cut off after some of them. */
export interface CappedRanges {
  /** Ascending, disjoint, not touching. When `more` is there, they are all that was tested below `more.from`. */
  readonly ranges: readonly Range[];
  /** What was left out: how many ranges fit, and `nonces` more were tested, the first of them `from`. */
  readonly more?: { readonly from: bigint; readonly nonces: bigint };
}

/** Coverage as run.json has it: nonces, chunks and counts as decimal strings (they go up to 2^64 − 1). */
export interface CoverageRecord {
  readonly from: string;
  readonly limit: string;
  readonly chunk: string;
  readonly stride: number;
  readonly tested: string;
  readonly residues: readonly {
    readonly residue: number;
    readonly status: ResidueStatus;
    readonly owner: number | null;
    readonly next: string;
    readonly done: readonly (readonly [string, string])[];
  }[];
}

/** How many merged ranges are worth printing or recording. */
export const defaultCap = 1000;

/**
 * The tested nonces as merged ranges, ascending. Lazy, because one residue that lags far behind the others cuts what they
 * have done into a range for every round.
 */
export function coveredRanges(coverage: Coverage): Generator<Range> {
  const pieces = coverage.residues.flatMap((residue) => residue.done);
  pieces.sort(([a], [b]) => (a < b ? -1 : 1));
  return mergeRanges(chunkRuns(coverage), pieces);
}

/** The first `cap` merged ranges, and exactly how much is beyond them. */
export function cappedRanges(coverage: Coverage, cap: number = defaultCap): CappedRanges {
  const ranges: Range[] = [];
  let nonces = coverage.tested;
  for (const range of coveredRanges(coverage)) {
    if (ranges.length === cap) return { ranges, more: { from: range[0], nonces } };
    ranges.push(range);
    nonces -= range[1] - range[0];
  }
  return { ranges };
}

/** Coverage for run.json. */
export function coverageRecord({ space, tested, residues }: Coverage): CoverageRecord {
  return {
    from: `${space.from}`,
    limit: `${space.limit}`,
    chunk: `${space.chunk}`,
    stride: residues.length,
    tested: `${tested}`,
    residues: residues.map(({ residue, status, owner, next, done }) => {
      const ranges = done.map(([lo, hi]) => [`${lo}`, `${hi}`] as const);
      return { residue, status, owner: owner ?? null, next: `${next}`, done: ranges };
    }),
  };
}

/** The chunks that are entirely done, as runs of neighbours. A round is the N chunks j·N … j·N + N − 1. */
function* chunkRuns({ space, residues }: Coverage): Generator<Range> {
  const stride = BigInt(residues.length);
  const chunks = chunkCount(space);
  const slowest = residues.reduce((least, { next }) => (next < least ? next : least), chunks);
  if (slowest === chunks) yield [space.from, space.limit];
  else if (slowest > 0n) yield [space.from, chunkStart(space, slowest)];

  const rounds = residues.map(({ residue, next }) => (next - BigInt(residue)) / stride);
  // From round to round the same residues are done, until one of them has no more: only then the runs change.
  let runs: [first: number, last: number][] = [];
  let changes = slowest / stride;
  for (let round = changes; ; round++) {
    if (round === changes) {
      runs = neighbours(rounds, round);
      if (runs.length === 0) return;
      changes = rounds.reduce(
        (least, end) => (end > round && (least <= round || end < least) ? end : least),
        round,
      );
    }
    for (const [first, last] of runs) {
      const start = round * stride;
      yield [chunkStart(space, start + BigInt(first)), chunkRange(space, start + BigInt(last))[1]];
    }
  }
}

/** Runs of neighbouring residues whose chunk of this round is done. */
function neighbours(rounds: readonly bigint[], round: bigint): [first: number, last: number][] {
  const runs: [number, number][] = [];
  rounds.forEach((end, residue) => {
    if (end <= round) return;
    const run = runs.at(-1);
    if (run?.[1] === residue - 1) run[1] = residue;
    else runs.push([residue, residue]);
  });
  return runs;
}
