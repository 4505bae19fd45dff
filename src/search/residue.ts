import { chunkCount, chunkFrom, chunkOf, chunkStart, noncesWithin } from './chunk.ts';
import { RangeSet } from './range-set.ts';
import type { Assignment, Range, ResidueReport, ShareReport, Space } from './search.ts';

/**
 * More separate ranges than an honest agent ever has above its next chunk; a report that would go beyond is refused, so
 * that a lying one cannot fill the controller's memory.
 */
export const maximumPieces = 65_536;

/**
 * What is done of one share: of the chunks ≡ `residue` mod `stride`, as far as they lie in from … until − 1. All before `next`
 * is, which costs one number however many they are, the ranges above the start of `next`, and what was `known` to be done
 * before the search began (of all residues, shared by all of them and never changed).
 */
export class ResidueProgress {
  /** The number of the share: its residue, or one that is ≡ to it. */
  readonly residue: number;
  readonly from: bigint;
  readonly until: bigint;
  readonly #space: Space;
  readonly #stride: bigint;
  readonly #class: bigint;
  readonly #known: RangeSet;
  /** Done at or above the start of `next`, and not known before. */
  readonly #above = new RangeSet();
  /** What `next` is when everything is done: the first chunk of this residue that is past the share. */
  readonly #end: bigint;
  #next: bigint;
  /** How many known nonces of this share are at or above the start of `next`. */
  #knownAbove: bigint;

  constructor(
    space: Space,
    stride: number,
    residue: number,
    known: RangeSet,
    { from, until }: { readonly from: bigint; readonly until: bigint } = {
      from: space.from,
      until: space.limit,
    },
  ) {
    this.residue = residue;
    this.from = from;
    this.until = until;
    this.#space = space;
    this.#stride = BigInt(stride);
    this.#class = BigInt(residue % stride);
    this.#known = known;
    this.#next = chunkFrom(chunkOf(space, from), this.#class, this.#stride);
    const past = chunkFrom(chunkCount({ ...space, limit: until }), this.#class, this.#stride);
    this.#end = past > this.#next ? past : this.#next;
    this.#knownAbove = this.#countKnown(this.#next, this.#end);
    this.#advance();
  }

  /** The same progress, independent of this one from now on; or that of a part of it, with a number of its own. */
  copy({ residue, from, until }: Pick<ShareReport, 'residue' | 'from' | 'until'> = this): ResidueProgress {
    const copy = new ResidueProgress(this.#space, Number(this.#stride), residue, this.#known, {
      from,
      until,
    });
    if (this.#next > copy.#next) copy.#moveTo(this.#next < copy.#end ? this.#next : copy.#end);
    for (const [lo, hi] of this.#above.within(copy.#startOf(copy.#next), until)) copy.#above.add(lo, hi);
    copy.#advance();
    return copy;
  }

  /** The first chunk that is not entirely done. */
  get next(): bigint {
    return this.#next;
  }

  /** The first nonce of it that is not below a chunk which is done. */
  get start(): bigint {
    return this.#startOf(this.#next);
  }

  /** Where it begins and ends, unless with the space. */
  get extent(): Pick<Assignment, 'from' | 'until'> {
    const { from, until } = this;
    return {
      ...(from > this.#space.from && { from }),
      ...(until < this.#space.limit && { until }),
    };
  }

  /** What is done, but for what was known before. */
  get report(): ShareReport {
    const { residue, from, until } = this;
    return { residue, next: this.#next, done: [...this.#above], from, until };
  }

  /** Everything that is done above the start of `next`, for whoever is to search the rest: known ranges are left whole. */
  get skip(): readonly Range[] {
    const known = [...this.#known.within(this.start, this.until)].filter(
      ([lo, hi]) => this.#count(lo, hi) > 0n,
    );
    return known.length === 0 ? [...this.#above] : [...new RangeSet([...known, ...this.#above])];
  }

  /** Whether a nonce of this residue is done: before `next` for good, above it (`done`) or not (`open`). */
  standing(nonce: bigint): 'passed' | 'done' | 'open' {
    if (nonce < this.start) return 'passed';
    return this.#above.covers(nonce, nonce + 1n) || this.#known.covers(nonce, nonce + 1n) ? 'done' : 'open';
  }

  /** Whether nothing of [lo, hi) is done but for these. */
  isUntouched([lo, hi]: Range, except: readonly bigint[]): boolean {
    if (lo < chunkStart(this.#space, this.#next)) return false;
    const done = new RangeSet([...this.#above.within(lo, hi), ...this.#known.within(lo, hi)]);
    for (const nonce of except) done.remove(nonce, nonce + 1n);
    return done.size === 0;
  }

  /** What is done here and was not in an older state of the same residue; after very many chunks the rest is left out. */
  since(older: ResidueProgress): Range[] {
    const added = new RangeSet();
    for (let chunk = older.next; chunk < this.#next && added.size < maximumPieces; chunk += this.#stride)
      added.add(...this.#rangeOf(chunk));
    for (const [lo, hi] of this.report.done) added.add(lo, hi);
    for (const [lo, hi] of older.report.done) added.remove(lo, hi);
    return [...added];
  }

  /** How many nonces are done. */
  get count(): bigint {
    return this.#count(this.from, this.start) + this.#above.count + this.#knownAbove;
  }

  /** Whether a nonce of the space is in this share. */
  has(nonce: bigint): boolean {
    return this.from <= nonce && nonce < this.until && this.#owns(chunkOf(this.#space, nonce));
  }

  /** What the share has of a chunk of its residue; undefined when that is nothing. */
  rangeOf(chunk: bigint): Range | undefined {
    const [lo, hi] = this.#rangeOf(chunk);
    return lo < hi ? [lo, hi] : undefined;
  }

  /** Whether any nonce of this share below `bound` is not done. */
  hasWork(bound: bigint): boolean {
    if (this.#next === this.#end) return false;
    // `next` is not entirely done: either something of it is missing below the bound, or all that is missing is above.
    const [lo, hi] = this.#rangeOf(this.#next);
    return this.#doneFrom(lo) < (hi < bound ? hi : bound);
  }

  /** How many nonces of this share below `bound` are not done. */
  left(bound: bigint): bigint {
    const end = bound < this.until ? bound : this.until;
    if (end <= this.start) return 0n;
    let left = this.#count(this.start, end);
    for (const [lo, hi] of this.#above.within(this.start, end)) left -= hi - lo;
    if (end === this.until) return left - this.#knownAbove;
    for (const [lo, hi] of this.#known.within(this.start, end)) left -= this.#count(lo, hi);
    return left;
  }

  /** The nonce below which so many of this share are not done; its end when there are not as many. */
  nonceAfter(count: bigint): bigint {
    const before = this.#count(this.#space.from, this.start);
    let at = this.start;
    // What is done on the way does not count: it takes a few rounds, and when it is very ragged more or less will do.
    for (let round = 0; round < 8; round++) {
      const done = this.#count(this.start, at) - this.left(at);
      const index = before + count + done;
      const chunk = this.#class + (index / this.#space.chunk) * this.#stride;
      const further = chunkStart(this.#space, chunk) + (index % this.#space.chunk);
      const next = further < this.until ? further : this.until;
      if (next === at) break;
      at = next;
    }
    return at;
  }

  /** Why a report cannot be true of this share; undefined when it can. */
  violation({ next, done }: ResidueReport): string | undefined {
    const { residue } = this;
    if (!this.#owns(next) || next < chunkOf(this.#space, this.from) || next > this.#end) {
      return `chunk ${next} is not of residue ${residue} or not in the space`;
    }
    if (this.#above.size + done.length > maximumPieces) return `it is in more than ${maximumPieces} pieces`;
    const start = this.#startOf(next);
    const wrong = done.find(([lo, hi]) => lo >= hi || lo < start || hi > this.until || !this.#holds(lo, hi));
    return wrong && `${wrong[0]}..${wrong[1]} is not of residue ${residue} above chunk ${next}`;
  }

  /** Counts as done all chunks before `next` and the ranges. The caller has asked `violation` first. */
  include({ next, done }: ResidueReport): void {
    if (next > this.#next) this.#moveTo(next);
    const { start } = this;
    for (const [lo, hi] of done) this.#add(lo > start ? lo : start, hi);
    this.#advance();
  }

  /** Counts one nonce of this share as done. */
  includeNonce(nonce: bigint): void {
    if (nonce < this.start) return;
    this.#add(nonce, nonce + 1n);
    this.#advance();
  }

  #add(lo: bigint, hi: bigint): void {
    for (const [start, end] of this.#known.gaps(lo, hi)) this.#above.add(start, end);
  }

  /** Moves `next` past the chunks that are done by now: another owner may have done them. */
  #advance(): void {
    while (this.#next < this.#end) {
      const [lo, hi] = this.#rangeOf(this.#next);
      const end = this.#doneFrom(lo);
      if (end < hi) return;
      // A range that spans chunks is passed at once, not in a step for every chunk in it.
      const chunk =
        end >= this.until ? this.#end : chunkFrom(chunkOf(this.#space, end), this.#class, this.#stride);
      this.#moveTo(chunk < this.#end ? chunk : this.#end);
    }
  }

  /** Up to where everything from `nonce` on is done. */
  #doneFrom(nonce: bigint): bigint {
    let end = nonce;
    for (;;) {
      const further = this.#above.endOf(end) ?? this.#known.endOf(end);
      if (further === undefined) return end;
      end = further;
    }
  }

  #moveTo(next: bigint): void {
    this.#knownAbove -= this.#countKnown(this.#next, next);
    this.#next = next;
    this.#above.remove(0n, this.#startOf(next));
  }

  /** How many nonces of [lo, hi) are of this residue. */
  #count(lo: bigint, hi: bigint): bigint {
    return noncesWithin(this.#space, this.#class, this.#stride, lo, hi);
  }

  /** How many known nonces are in the chunks first … last − 1 of this residue. */
  #countKnown(first: bigint, last: bigint): bigint {
    let count = 0n;
    for (const [lo, hi] of this.#known.within(this.#startOf(first), this.#startOf(last)))
      count += this.#count(lo, hi);
    return count;
  }

  /** The first nonce of a chunk, within the share. */
  #startOf(chunk: bigint): bigint {
    const start = chunkStart(this.#space, chunk);
    if (start < this.from) return this.from;
    return start < this.until ? start : this.until;
  }

  /** The nonces of a chunk, within the share. */
  #rangeOf(chunk: bigint): Range {
    const end = chunkStart(this.#space, chunk + 1n);
    return [this.#startOf(chunk), end < this.until ? end : this.until];
  }

  #owns(chunk: bigint): boolean {
    return chunk % this.#stride === this.#class;
  }

  /** Whether a range of the space lies in chunks of this residue alone; they touch only when the stride is 1. */
  #holds(lo: bigint, hi: bigint): boolean {
    const chunk = chunkOf(this.#space, lo);
    return this.#owns(chunk) && (this.#stride === 1n || chunk === chunkOf(this.#space, hi - 1n));
  }
}
