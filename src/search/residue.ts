import { chunkCount, chunkFrom, chunkOf, chunkRange, chunkStart, noncesWithin } from './chunk.ts';
import { RangeSet } from './range-set.ts';
import type { Range, ResidueReport, Space } from './search.ts';

/**
 * More separate ranges than an honest agent ever has above its next chunk; a report that would go beyond is refused, so
 * that a lying one cannot fill the controller's memory.
 */
export const maximumPieces = 65_536;

/** Ranges that an assignment says are done, the lowest first, so that it stays small; what is above them is done again. */
const maximumSkip = 10_000;

/**
 * What is done of the chunks ≡ `residue` mod `stride`: all before `next`, which costs one number however many they are,
 * the ranges above the start of `next`, and what was `known` to be done before the search began (of all residues, shared by
 * all of them and never changed).
 */
export class ResidueProgress {
  readonly residue: number;
  readonly #space: Space;
  readonly #stride: bigint;
  readonly #known: RangeSet;
  /** Done at or above the start of `next`, and not known before. */
  readonly #above = new RangeSet();
  /** What `next` is when everything is done: the first chunk of this residue that is past the space. */
  readonly #end: bigint;
  #next: bigint;
  /** How many known nonces of this residue are at or above the start of `next`. */
  #knownAbove: bigint;

  constructor(space: Space, stride: number, residue: number, known: RangeSet) {
    this.residue = residue;
    this.#space = space;
    this.#stride = BigInt(stride);
    this.#known = known;
    this.#next = BigInt(residue);
    this.#end = chunkFrom(chunkCount(space), this.#next, this.#stride);
    this.#knownAbove = this.#countKnown(this.#next, this.#end);
    this.#advance();
  }

  /** The same progress, independent of this one from now on. */
  copy(): ResidueProgress {
    const copy = new ResidueProgress(this.#space, Number(this.#stride), this.residue, this.#known);
    copy.include(this.report);
    return copy;
  }

  /** The first chunk that is not entirely done. */
  get next(): bigint {
    return this.#next;
  }

  /** What is done, but for what was known before, as its owner would say it. */
  get report(): ResidueReport {
    return { residue: this.residue, next: this.#next, done: [...this.#above] };
  }

  /** Everything that is done above the start of `next`, for whoever is to search the rest: known ranges are left whole. */
  get skip(): readonly Range[] {
    const start = chunkStart(this.#space, this.#next);
    const known = [...this.#known.within(start, this.#space.limit)].filter(
      ([lo, hi]) => this.#count(lo, hi) > 0n,
    );
    const all = known.length === 0 ? [...this.#above] : [...new RangeSet([...known, ...this.#above])];
    return all.slice(0, maximumSkip);
  }

  /** Whether a nonce of this residue is done: before `next` for good, above it (`done`) or not (`open`). */
  standing(nonce: bigint): 'passed' | 'done' | 'open' {
    if (nonce < chunkStart(this.#space, this.#next)) return 'passed';
    return this.#above.covers(nonce, nonce + 1n) || this.#known.covers(nonce, nonce + 1n) ? 'done' : 'open';
  }

  /** Whether nothing of [lo, hi) is done. */
  isUntouched(lo: bigint, hi: bigint): boolean {
    if (lo < chunkStart(this.#space, this.#next)) return false;
    return [...this.#above.within(lo, hi)].length === 0 && [...this.#known.within(lo, hi)].length === 0;
  }

  /** What is done here and was not in an older state of the same residue; after very many chunks the rest is left out. */
  since(older: ResidueProgress): Range[] {
    const added = new RangeSet();
    for (let chunk = older.next; chunk < this.#next && added.size < maximumPieces; chunk += this.#stride)
      added.add(...chunkRange(this.#space, chunk));
    for (const [lo, hi] of this.report.done) added.add(lo, hi);
    for (const [lo, hi] of older.report.done) added.remove(lo, hi);
    return [...added];
  }

  /** How many nonces are done. */
  get count(): bigint {
    const before = this.#count(this.#space.from, this.#startOf(this.#next));
    return before + this.#above.count + this.#knownAbove;
  }

  /** Whether any nonce of this residue below `bound` is not done. */
  hasWork(bound: bigint): boolean {
    if (this.#next === this.#end) return false;
    // `next` is not entirely done: either something of it is missing below the bound, or all that is missing is above.
    const [lo, hi] = chunkRange(this.#space, this.#next);
    return this.#doneFrom(lo) < (hi < bound ? hi : bound);
  }

  /** Why a report cannot be true of this residue; undefined when it can. */
  violation({ next, done }: ResidueReport): string | undefined {
    if (!this.#owns(next) || next < 0n || next > this.#end) {
      return `chunk ${next} is not of residue ${this.residue} or not in the space`;
    }
    if (this.#above.size + done.length > maximumPieces) return `it is in more than ${maximumPieces} pieces`;
    const start = chunkStart(this.#space, next);
    const wrong = done.find(
      ([lo, hi]) => lo >= hi || lo < start || hi > this.#space.limit || !this.#holds(lo, hi),
    );
    return wrong && `${wrong[0]}..${wrong[1]} is not of residue ${this.residue} above chunk ${next}`;
  }

  /** Counts as done all chunks before `next` and the ranges. The caller has asked `violation` first. */
  include({ next, done }: ResidueReport): void {
    if (next > this.#next) this.#moveTo(next);
    const start = chunkStart(this.#space, this.#next);
    for (const [lo, hi] of done) this.#add(lo > start ? lo : start, hi);
    this.#advance();
  }

  /** Counts one nonce of this residue as done. */
  includeNonce(nonce: bigint): void {
    if (nonce < chunkStart(this.#space, this.#next)) return;
    this.#add(nonce, nonce + 1n);
    this.#advance();
  }

  #add(lo: bigint, hi: bigint): void {
    for (const [start, end] of this.#known.gaps(lo, hi)) this.#above.add(start, end);
  }

  /** Moves `next` past the chunks that are done by now: another owner may have done them. */
  #advance(): void {
    while (this.#next < this.#end) {
      const [lo, hi] = chunkRange(this.#space, this.#next);
      const end = this.#doneFrom(lo);
      if (end < hi) return;
      // A range that spans chunks is passed at once, not in a step for every chunk in it.
      const chunk = end >= this.#space.limit ? this.#end : chunkOf(this.#space, end);
      this.#moveTo(chunkFrom(chunk, BigInt(this.residue), this.#stride));
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
    this.#above.remove(0n, chunkStart(this.#space, next));
  }

  /** How many nonces of [lo, hi) are of this residue. */
  #count(lo: bigint, hi: bigint): bigint {
    return noncesWithin(this.#space, BigInt(this.residue), this.#stride, lo, hi);
  }

  /** How many known nonces are in the chunks first … last − 1 of this residue. */
  #countKnown(first: bigint, last: bigint): bigint {
    let count = 0n;
    for (const [lo, hi] of this.#known.within(this.#startOf(first), this.#startOf(last)))
      count += this.#count(lo, hi);
    return count;
  }

  /** The first nonce of a chunk, or the limit. */
  #startOf(chunk: bigint): bigint {
    const start = chunkStart(this.#space, chunk);
    return start < this.#space.limit ? start : this.#space.limit;
  }

  #owns(chunk: bigint): boolean {
    return chunk % this.#stride === BigInt(this.residue);
  }

  /** Whether a range of the space lies in chunks of this residue alone; they touch only when the stride is 1. */
  #holds(lo: bigint, hi: bigint): boolean {
    const chunk = chunkOf(this.#space, lo);
    return this.#owns(chunk) && (this.#stride === 1n || chunk === chunkOf(this.#space, hi - 1n));
  }
}
