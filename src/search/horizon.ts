import type { Space } from './search.ts';

/** By how much further than all that is done it goes: a search for the smallest nonce tests about so much more than it had to. */
const growth = 16n;

/** Seconds of work for all workers together that a step adds at least: moving work takes a moment. */
const shortest = 0.5;

/** Seconds of work for all workers together below it with which it is raised: nobody has to wait for more. */
const soon = 2;

/** Seconds of such work that it is raised to: with less there is too little for any worker to be worth sharing out. */
const enough = 2.5;

/**
 * Up to which nonce work is shared out, in a search for the smallest golden nonce that has no hit yet: everything below the
 * hit will have to be searched, and of what is above nothing. It rises step by step, as if each were the end of the space, so
 * that slow workers do not stay behind in their residues while fast ones test nonces that do not matter. Workers are not held
 * to it: who has nothing below goes on above.
 */
export class Horizon {
  readonly #space: Space;
  /** None before it is known how fast the workers are. */
  #nonce: bigint | undefined;

  constructor(space: Space) {
    this.#space = space;
  }

  /** The limit of the space before it was raised for the first time. */
  get nonce(): bigint {
    return this.#nonce ?? this.#space.limit;
  }

  /** Whether it was ever raised. */
  get isSet(): boolean {
    return this.#nonce !== undefined;
  }

  /**
   * Raises it if there is little left below.
   * @param speed nonces per second of all workers together
   * @param left how many nonces below a bound are not done
   */
  raise(speed: number, left: (bound: bigint) => number): void {
    if (speed <= 0) return;
    const { from, limit } = this.#space;
    const least = BigInt(Math.ceil(speed * shortest));
    let nonce = this.#nonce ?? from;
    if (left(nonce) >= speed * soon) return;
    while (nonce < limit && left(nonce) < speed * enough) {
      const step = (nonce - from) / growth;
      nonce += step > least ? step : least;
      if (nonce > limit) nonce = limit;
    }
    this.#nonce = nonce;
  }
}
