import { CndError } from '../error.ts';
import { chunkCount, chunkFrom, chunkOf, chunkRange, chunkStart } from './chunk.ts';
import type { Coverage } from './coverage.ts';
import { RangeSet } from './range-set.ts';
import type { Range, Space } from './search.ts';

/** Ranges that a search begins with at most: their number is what a job, a record and a look-up cost. */
const mostKnown = 65_536;

/** Chunks that are taken of a coverage one by one at most, above those of which all are done; the rest is searched again. */
const mostChunks = 1_000_000;

/** As much of a coverage as says all of it; of the nonces `from` … `until` − 1 of a residue each, by default of all. */
export interface RecordedCoverage extends Pick<Coverage, 'from' | 'chunk' | 'stride' | 'earlier'> {
  readonly residues: readonly (Coverage['residues'][number] & {
    readonly from?: string | undefined;
    readonly until?: string | undefined;
  })[];
}

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
  const named = new Set(residues.map(({ residue }) => residue));
  if (named.size !== stride) throw damaged(`it has ${named.size} residues of ${stride}`);
  const known = earlier.map((range) => asRange(range, [space.from, limit]));
  // Of a run that ended before it had any instance.
  if (stride === 0) return new RangeSet(known);
  const runs = residues.flatMap((part): Run[] => {
    const { run, pieces } = readPart(space, stride, part);
    for (const piece of pieces) known.push(piece);
    return run ? [run] : [];
  });
  const rounds = wholeRounds(space, stride, runs);
  const whole = chunkStart(space, rounds * BigInt(stride));
  known.push([space.from, whole < limit ? whole : limit]);
  let taken = 0;
  for (const range of chunksFrom(space, stride, runs, rounds)) {
    known.push(range);
    if ((taken += 1) === mostChunks) break;
  }
  return new RangeSet(known);
}

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

/** Chunks of a residue that are entirely done: those of the rounds begin … end − 1. A round is the N chunks j·N … j·N + N − 1. */
interface Run {
  readonly residue: number;
  readonly begin: bigint;
  readonly end: bigint;
}

/** What is done of a part of a residue: whole chunks, and pieces of others. @throws CndError when that cannot be. */
function readPart(
  space: Space,
  stride: number,
  part: RecordedCoverage['residues'][number],
): { readonly run?: Run; readonly pieces: readonly Range[] } {
  const { residue } = part;
  const [step, own, next] = [BigInt(stride), BigInt(residue), BigInt(part.next)];
  const bounds = asRange(
    [part.from ?? `${space.from}`, part.until ?? `${space.limit}`],
    [space.from, space.limit],
  );
  const isOwn = (chunk: bigint): boolean => chunk % step === own;
  if (own >= step || !isOwn(next) || next > chunkFrom(chunkCount(space), own, step))
    throw damaged(`chunk ${next} is not of residue ${residue} or not in the space`);
  const pieces = part.done.map((range) => {
    const [lo, hi] = asRange(range, bounds);
    const isWithin = stride === 1 || chunkOf(space, lo) === chunkOf(space, hi - 1n);
    if (!isOwn(chunkOf(space, lo)) || !isWithin) throw damaged(`${lo}..${hi} is not of residue ${residue}`);
    return [lo, hi] as const;
  });
  // The first and the last chunk may be in the part only in part.
  let first = chunkFrom(chunkOf(space, bounds[0]), own, step);
  const past = chunkFrom(chunkOf(space, bounds[1] - 1n) + 1n, own, step);
  let end = next < past ? next : past;
  const cut = (chunk: bigint): Range => {
    const [lo, hi] = chunkRange(space, chunk);
    return [lo > bounds[0] ? lo : bounds[0], hi < bounds[1] ? hi : bounds[1]];
  };
  if (first < end && chunkStart(space, first) < bounds[0]) {
    pieces.push(cut(first));
    first += step;
  }
  if (first < end && chunkRange(space, end - step)[1] > bounds[1]) {
    end -= step;
    pieces.push(cut(end));
  }
  if (first >= end) return { pieces };
  return { run: { residue, begin: (first - own) / step, end: (end - own) / step }, pieces };
}

/** Before which round everything is done. */
function wholeRounds(space: Space, stride: number, runs: readonly Run[]): bigint {
  const [step, chunks] = [BigInt(stride), chunkCount(space)];
  const reached = Array.from({ length: stride }, () => 0n);
  for (const { residue, begin, end } of runs.toSorted(byBegin)) {
    const before = reached[residue] ?? 0n;
    if (begin <= before && end > before) reached[residue] = end;
  }
  const all = (chunks + step - 1n) / step;
  // A residue may have no chunk in the last round.
  return reached.reduce(
    (least, rounds, residue) => (rounds * step + BigInt(residue) < chunks && rounds < least ? rounds : least),
    all,
  );
}

/** The chunks that are done from a round on, ascending. */
function* chunksFrom(space: Space, stride: number, runs: readonly Run[], start: bigint): Generator<Range> {
  const coming = runs.filter(({ end }) => end > start).toSorted(byBegin);
  let active: Run[] = [];
  let at = 0;
  for (let round = start; ; round++) {
    const begun = at;
    while (coming[at] && (coming[at]?.begin ?? 0n) <= round) at++;
    active = active.filter(({ end }) => end > round);
    if (at > begun)
      active = [...active, ...coming.slice(begun, at)].toSorted((a, b) => a.residue - b.residue);
    for (const { residue } of active) yield chunkRange(space, round * BigInt(stride) + BigInt(residue));
    if (active.length > 0) continue;
    const next = coming[at];
    if (!next) return;
    round = next.begin - 1n;
  }
}

function byBegin(a: Run, b: Run): number {
  return a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0;
}

/** @throws CndError when it is empty, or not within the bounds. */
function asRange([lo, hi]: readonly [string, string], [least, most]: Range): Range {
  const range: Range = [BigInt(lo), BigInt(hi)];
  if (range[0] >= range[1] || range[0] < least || range[1] > most)
    throw damaged(`${lo}..${hi} is empty, or not where it is said to be`);
  return range;
}

function damaged(why: string): CndError {
  return new CndError('coverage-damaged', `the coverage is damaged: ${why}`);
}
