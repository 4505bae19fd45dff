import { chunkCount, chunkOf, chunkRange, chunkStart } from './chunk.ts';
import { RangeSet } from './range-set.ts';
import type { Range, ResidueReport, Space } from './search.ts';

/**
 * More separate ranges than an honest agent ever has above its next chunk; a report that would go beyond is refused, so
 * that a lying one cannot fill the controller's memory.
 */
export const maximumPieces = 65_536;

/**
 * What is done of the chunks ≡ `residue` mod `stride`: all before `next`, which costs one number however many they are,
 * and the ranges above the start of `next`.
 */
export class ResidueProgress {
  readonly residue: number;
  readonly #space: Space;
  readonly #stride: bigint;
  readonly #above = new RangeSet();
  /** What `next` is when everything is done: the first chunk of this residue that is past the space. */
  readonly #end: bigint;
  #next: bigint;

  constructor(space: Space, stride: number, residue: number) {
    this.residue = residue;
    this.#space = space;
    this.#stride = BigInt(stride);
    this.#next = BigInt(residue);
    const past = chunkCount(space) - this.#next;
    const rounds = past > 0n ? (past + this.#stride - 1n) / this.#stride : 0n;
    this.#end = this.#next + rounds * this.#stride;
  }

  /** The same progress, independent of this one from now on. */
  copy(): ResidueProgress {
    const copy = new ResidueProgress(this.#space, Number(this.#stride), this.residue);
    copy.include({ residue: this.residue, next: this.#next, done: this.done });
    return copy;
  }

  /** The first chunk that is not entirely done. */
  get next(): bigint {
    return this.#next;
  }

  /** What is done above the start of `next`. */
  get done(): readonly Range[] {
    return [...this.#above];
  }

  /** How many nonces are done. */
  get count(): bigint {
    const chunks = (this.#next - BigInt(this.residue)) / this.#stride;
    const last = chunkCount(this.#space) - 1n;
    const hasLast = this.#next === this.#end && this.#owns(last);
    const missing = hasLast ? chunkStart(this.#space, last + 1n) - this.#space.limit : 0n;
    return chunks * this.#space.chunk - missing + this.#above.count;
  }

  /** Whether any nonce of this residue below `bound` is not done. */
  hasWork(bound: bigint): boolean {
    if (this.#next === this.#end) return false;
    // `next` is not entirely done: either something of it is missing below the bound, or all that is missing is above.
    const [lo, hi] = chunkRange(this.#space, this.#next);
    return !this.#above.covers(lo, hi < bound ? hi : bound);
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
    for (const [lo, hi] of done) this.#above.add(lo > start ? lo : start, hi);
    this.#advance();
  }

  /** Counts one nonce of this residue as done. */
  includeNonce(nonce: bigint): void {
    if (nonce < chunkStart(this.#space, this.#next)) return;
    this.#above.add(nonce, nonce + 1n);
    this.#advance();
  }

  /** Moves `next` past the chunks that the ranges above have completed: another owner may have done them. */
  #advance(): void {
    while (this.#next < this.#end) {
      const [lo, hi] = chunkRange(this.#space, this.#next);
      const end = this.#above.endOf(lo);
      if (end === undefined || end < hi) return;
      // A range that spans chunks (stride 1) is passed at once, not in a step for every chunk in it.
      this.#moveTo(end === hi ? this.#next + this.#stride : chunkOf(this.#space, end));
    }
  }

  #moveTo(next: bigint): void {
    this.#next = next;
    this.#above.remove(0n, chunkStart(this.#space, next));
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
