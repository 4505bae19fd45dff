import { chunkFrom, chunkOf, chunkRange, chunkStart } from './chunk.ts';
import { mergeRanges } from './range-set.ts';
import type { Range, ShareReport, Space } from './search.ts';

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
  /**
   * One for each residue 0 … N − 1, in order: its chunks below `next` are done, and of the others `done`. More than one for a
   * residue that was divided and is not all done: of the nonces `from` … `until` − 1 each (by default of all).
   */
  readonly residues: readonly {
    readonly residue: number;
    readonly next: string;
    readonly done: readonly TextRange[];
    readonly from?: string | undefined;
    readonly until?: string | undefined;
  }[];
  /** The tested nonces as merged ranges, ascending, disjoint and not touching; the first of them when they are many. */
  readonly ranges: readonly TextRange[];
  /** Whether `ranges` was truncated; `residues` is always complete. */
  readonly rangesCut: boolean;
  /** What was tested before this search began, by earlier runs: it is in all of the above as well. Absent: nothing. */
  readonly earlier?: readonly TextRange[] | undefined;
  /** How many nonces were tested twice on purpose, as far as that was reported; `tested` counts them once. Absent: nothing was given to two. */
  readonly doubled?: string | undefined;
}

/** Merged ranges that are listed; `residues` says all the same, however many they are. */
const listed = 100;

/** The coverage of a space of which this is done of its shares, and was `earlier` of all. Pure. */
export function coverageOf(
  space: Space,
  stride: number,
  shares: readonly ShareReport[],
  tested: bigint,
  earlier: readonly Range[] = [],
  doubled?: bigint,
): Coverage {
  const residues = joinShares(space, stride, shares);
  const ranges: TextRange[] = [];
  let rangesCut = false;
  for (const range of mergeRanges(coveredRanges(space, stride, residues), earlier)) {
    rangesCut = ranges.length === listed;
    if (rangesCut) break;
    ranges.push(textRange(range));
  }
  return {
    tested: `${tested}`,
    from: `${space.from}`,
    chunk: `${space.chunk}`,
    stride,
    residues: residues.map(({ residue, next, done, from, until }) => {
      const begin = from > space.from && { from: `${from}` };
      const end = until < space.limit && { until: `${until}` };
      return { residue, next: `${next}`, done: done.map(textRange), ...begin, ...end };
    }),
    ranges,
    rangesCut,
    ...(earlier.length > 0 && { earlier: earlier.map(textRange) }),
    ...(doubled !== undefined && { doubled: `${doubled}` }),
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
function coveredRanges(space: Space, stride: number, shares: readonly ShareReport[]): Generator<Range> {
  const all = shares.map((share) => wholeChunks(space, stride, share));
  const pieces = [...all.flatMap(({ rest }) => rest), ...shares.flatMap(({ done }) => done)];
  pieces.sort(([a], [b]) => (a < b ? -1 : 1));
  return mergeRanges(
    chunkRuns(
      space,
      stride,
      all.flatMap(({ run }) => (run.begin < run.end ? [run] : [])),
    ),
    pieces,
  );
}

/** Chunks of a residue that are entirely done: those of the rounds begin … end − 1. A round is the N chunks j·N … j·N + N − 1. */
interface Run {
  readonly residue: number;
  readonly begin: bigint;
  readonly end: bigint;
}

function* chunkRuns(space: Space, stride: number, runs: readonly Run[]): Generator<Range> {
  const step = BigInt(stride);
  const bounds = [...new Set(runs.flatMap(({ begin, end }) => [begin, end]))].toSorted((a, b) =>
    a < b ? -1 : 1,
  );
  for (const [index, begin] of bounds.entries()) {
    const end = bounds[index + 1];
    if (end === undefined) return;
    // From one bound to the next the same residues are done.
    const done = neighbours(
      runs.filter((run) => run.begin <= begin && end <= run.end).map(({ residue }) => residue),
    );
    const [only] = done;
    if (only?.[0] === 0 && only[1] === stride - 1) {
      yield [chunkStart(space, begin * step), chunkRange(space, end * step - 1n)[1]];
      continue;
    }
    for (let round = begin; round < end && done.length > 0; round++) {
      for (const [first, last] of done) {
        const start = round * step;
        yield [chunkStart(space, start + BigInt(first)), chunkRange(space, start + BigInt(last))[1]];
      }
    }
  }
}

/** Runs of neighbours among residues. */
function neighbours(residues: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const residue of residues.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.[1] === residue - 1) run[1] = residue;
    else runs.push([residue, residue]);
  }
  return runs;
}

/** What is done of a share below `next`: the chunks that it has all of, and what it has of others. */
function wholeChunks(
  space: Space,
  stride: number,
  { residue, next, from, until }: ShareReport,
): { readonly run: Run; readonly rest: Range[] } {
  const step = BigInt(stride);
  const own = BigInt(residue);
  let first = chunkFrom(chunkOf(space, from), own, step);
  let end = next;
  const rest: Range[] = [];
  const leave = (chunk: bigint): void => {
    const [lo, hi] = chunkRange(space, chunk);
    const piece: Range = [lo > from ? lo : from, hi < until ? hi : until];
    if (piece[0] < piece[1]) rest.push(piece);
  };
  if (first < end && chunkStart(space, first) < from) {
    leave(first);
    first += step;
  }
  if (first < end && chunkRange(space, end - step)[1] > until) {
    end -= step;
    leave(end);
  }
  return { run: { residue, begin: (first - own) / step, end: (end - own) / step }, rest };
}

/** The shares of each residue, joined where one of them and the next can be said as one. */
function joinShares(space: Space, stride: number, shares: readonly ShareReport[]): ShareReport[] {
  const joined: ShareReport[] = [];
  const sorted = shares
    .map((share) => ({ ...share, residue: share.residue % stride }))
    .toSorted(
      (a, b) =>
        a.residue - b.residue || (a.from < b.from || (a.from === b.from && a.until < b.until) ? -1 : 1),
    );
  for (const share of sorted) {
    const last = joined.at(-1);
    const both = last?.residue === share.residue ? joinTwo(space, stride, last, share) : undefined;
    if (both) joined[joined.length - 1] = both;
    else joined.push(share);
  }
  return joined;
}

function joinTwo(space: Space, stride: number, low: ShareReport, high: ShareReport): ShareReport | undefined {
  const { residue, from } = low;
  const { until } = high;
  const first = chunkFrom(chunkOf(space, high.from), BigInt(residue), BigInt(stride));
  // Nothing but pieces is done of the upper one: they are pieces of both.
  if (high.next === first && low.next <= first)
    return { residue, from, until, next: low.next, done: [...low.done, ...high.done] };
  const isDone = low.next > first || (low.next === first && high.from <= chunkStart(space, first));
  if (!isDone) return undefined;
  // The lower one is done; of the chunk that they have in common it may be the beginning.
  const start = chunkStart(space, first);
  const piece: Range[] =
    high.next === first && start < high.from ? [[start > from ? start : from, high.from]] : [];
  const done = piece.filter(([lo, hi]) => lo < hi);
  return { residue, from, until, next: high.next, done: [...done, ...high.done] };
}
