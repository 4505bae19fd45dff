import { chunkCount, chunkRange, chunkStart } from './chunk.ts';
import { mergeRanges } from './range-set.ts';
import type { Range, ResidueReport, Space } from './search.ts';

/** A half-open range of nonces, as decimal strings: JSON numbers lose digits above 2^53. */
export type TextRange = readonly [lo: string, hi: string];

/**
 * Exactly which nonces were tested, as a search, `run.ended` and run.json have it: nonces, chunks and counts as decimal
 * strings (they go up to 2^64 − 1), in a size that grows with N and not with the chunks done.
 */
export interface Coverage {
  readonly tested: string;
  readonly from: string;
  readonly chunk: string;
  /** N: of how many residues there are; 0 when the run ended before it was known. */
  readonly stride: number;
  /** One for each residue 0 … N − 1, in order: its chunks below `next` are done, and of the others `done`. */
  readonly residues: readonly {
    readonly residue: number;
    readonly next: string;
    readonly done: readonly TextRange[];
  }[];
  /** The tested nonces as merged ranges, ascending, disjoint and not touching; the first of them when they are many. */
  readonly ranges: readonly TextRange[];
  /** Whether `ranges` was truncated; `residues` is always complete. */
  readonly rangesCut: boolean;
  /** What was tested before this search began, by earlier runs: it is in all of the above as well. Absent: nothing. */
  readonly earlier?: readonly TextRange[] | undefined;
}

/** Merged ranges that are listed; `residues` says all the same, however many they are. */
const listed = 100;

/** The coverage of a space of which this is done of its residues 0 … N − 1, in order, and was `earlier` of all. Pure. */
export function coverageOf(
  space: Space,
  residues: readonly ResidueReport[],
  tested: bigint,
  earlier: readonly Range[] = [],
): Coverage {
  const ranges: TextRange[] = [];
  let rangesCut = false;
  for (const range of mergeRanges(coveredRanges(space, residues), earlier)) {
    rangesCut = ranges.length === listed;
    if (rangesCut) break;
    ranges.push(textRange(range));
  }
  return {
    tested: `${tested}`,
    from: `${space.from}`,
    chunk: `${space.chunk}`,
    stride: residues.length,
    residues: residues.map(({ residue, next, done }) => {
      return { residue, next: `${next}`, done: done.map(textRange) };
    }),
    ranges,
    rangesCut,
    ...(earlier.length > 0 && { earlier: earlier.map(textRange) }),
  };
}

/** How many of the tested nonces this search has tested itself. Pure. */
export function testedNow({ tested, earlier = [] }: Coverage): bigint {
  return earlier.reduce((rest, [lo, hi]) => rest - (BigInt(hi) - BigInt(lo)), BigInt(tested));
}

/** Nothing was tested: the run ended before the stride was known. */
export function noCoverage({ from, chunk }: Space): Coverage {
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

function textRange([lo, hi]: Range): TextRange {
  return [`${lo}`, `${hi}`];
}

/** Lazy, because one residue that lags far behind the others cuts what they have done into a range for every round. */
function coveredRanges(space: Space, residues: readonly ResidueReport[]): Generator<Range> {
  const pieces = residues.flatMap(({ done }) => done);
  pieces.sort(([a], [b]) => (a < b ? -1 : 1));
  return mergeRanges(chunkRuns(space, residues), pieces);
}

/** The chunks that are entirely done, as runs of neighbours. A round is the N chunks j·N … j·N + N − 1. */
function* chunkRuns(space: Space, residues: readonly ResidueReport[]): Generator<Range> {
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
