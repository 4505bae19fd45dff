import type { Range } from './search.ts';

/**
 * A set of nonces as sorted, disjoint half-open ranges that do not touch (touching ones are merged), so that its size is
 * that of its gaps and not of what it holds. Look-ups and single changes find their place by binary search.
 */
export class RangeSet implements Iterable<Range> {
  #ranges: Range[] = [];
  #count = 0n;

  constructor(ranges: Iterable<Range> = []) {
    // Sorted first: added one by one in a bad order, half a million take half a minute.
    const sorted = [...ranges]
      .filter(([lo, hi]) => lo < hi)
      .toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#ranges = [...mergeRanges(sorted, [])];
    this.#count = total(this.#ranges);
  }

  /** How many nonces it holds. */
  get count(): bigint {
    return this.#count;
  }

  /** How many separate ranges it holds. */
  get size(): number {
    return this.#ranges.length;
  }

  /** The ranges, ascending. */
  [Symbol.iterator](): Iterator<Range> {
    return this.#ranges.values();
  }

  /** Where the range that holds `nonce` ends; undefined when it is not in the set. */
  endOf(nonce: bigint): bigint | undefined {
    const found = this.#ranges[this.#firstEndingAbove(nonce)];
    return found && found[0] <= nonce ? found[1] : undefined;
  }

  /** What of [lo, hi) is in the set, ascending. */
  *within(lo: bigint, hi: bigint): Generator<Range> {
    for (let index = this.#firstEndingAbove(lo); ; index++) {
      const range = this.#ranges[index];
      if (!range || range[0] >= hi || lo >= hi) return;
      yield [range[0] > lo ? range[0] : lo, range[1] < hi ? range[1] : hi];
    }
  }

  /** What of [lo, hi) is not in the set, ascending. */
  *gaps(lo: bigint, hi: bigint): Generator<Range> {
    let from = lo;
    for (const [start, end] of this.within(lo, hi)) {
      if (from < start) yield [from, start];
      from = end;
    }
    if (from < hi) yield [from, hi];
  }

  /** Whether every nonce of [lo, hi) is in the set; an empty range always is. */
  covers(lo: bigint, hi: bigint): boolean {
    if (lo >= hi) return true;
    const end = this.endOf(lo);
    return end !== undefined && hi <= end;
  }

  /** Adds [lo, hi), merging it with what it overlaps or touches. lo ≥ hi adds nothing. */
  add(lo: bigint, hi: bigint): void {
    if (lo >= hi) return;
    // Ranges that end at lo or start at hi touch: hence lo − 1 and hi + 1.
    const begin = this.#firstEndingAbove(lo - 1n);
    const end = this.#firstStartingFrom(hi + 1n);
    const first = this.#ranges[begin];
    const last = this.#ranges[end - 1];
    const merged: Range =
      begin < end && first && last ? [first[0] < lo ? first[0] : lo, last[1] > hi ? last[1] : hi] : [lo, hi];
    this.#replace(begin, end, [merged]);
  }

  /** Removes [lo, hi). lo ≥ hi removes nothing. */
  remove(lo: bigint, hi: bigint): void {
    if (lo >= hi) return;
    const begin = this.#firstEndingAbove(lo);
    const end = this.#firstStartingFrom(hi);
    const first = this.#ranges[begin];
    const last = this.#ranges[end - 1];
    if (begin >= end || !first || !last) return;
    const rest: Range[] = [];
    if (first[0] < lo) rest.push([first[0], lo]);
    if (last[1] > hi) rest.push([hi, last[1]]);
    this.#replace(begin, end, rest);
  }

  #replace(begin: number, end: number, ranges: readonly Range[]): void {
    const removed = this.#ranges.splice(begin, end - begin, ...ranges);
    this.#count += total(ranges) - total(removed);
  }

  #firstEndingAbove(nonce: bigint): number {
    return this.#search((range) => range[1] > nonce);
  }

  #firstStartingFrom(nonce: bigint): number {
    return this.#search((range) => range[0] >= nonce);
  }

  /** Index of the first range for which `test` holds, given that it then holds for all after it. */
  #search(test: (range: Range) => boolean): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = this.#ranges[middle];
      if (range && test(range)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Merges two ascending streams of ranges into one of disjoint ranges that do not touch, lazily. */
export function* mergeRanges(a: Iterable<Range>, b: Iterable<Range>): Generator<Range> {
  let open: Range | undefined;
  for (const range of byStart(a[Symbol.iterator](), b[Symbol.iterator]())) {
    if (!open) open = range;
    else if (range[0] > open[1]) {
      yield open;
      open = range;
    } else if (range[1] > open[1]) open = [open[0], range[1]];
  }
  if (open) yield open;
}

function* byStart(a: Iterator<Range>, b: Iterator<Range>): Generator<Range> {
  let [left, right] = [a.next(), b.next()];
  while (!left.done || !right.done) {
    if (right.done || (!left.done && left.value[0] <= right.value[0])) {
      if (!left.done) yield left.value;
      left = a.next();
    } else {
      yield right.value;
      right = b.next();
    }
  }
}

function total(ranges: readonly Range[]): bigint {
  return ranges.reduce((sum, [lo, hi]) => sum + hi - lo, 0n);
}
