import type { Seed } from '../seed.ts';

/** The mean delay as a share of the longest. */
const mean = 0.1;

/**
 * For how long AWS answers as it was before a change: EC2, SQS and tags are eventually consistent. Most changes are seen soon,
 * few only after seconds; each thing and change has its own time, which the seed decides.
 * https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */
export class Lag {
  /** Milliseconds that every change takes, where a test wants to say so; else chance does. */
  constant: number | undefined;
  readonly #seed: Seed;
  readonly #most: number;

  /** @param most Milliseconds of the longest delay. */
  constructor(seed: Seed, most: number, constant?: number) {
    this.#seed = seed;
    this.#most = most;
    this.constant = constant;
  }

  /** Milliseconds until a change of a thing is seen; the same for the same. */
  of(...what: readonly (string | number)[]): number {
    if (this.constant !== undefined) return this.constant;
    const chance = this.#seed.draw('lag', ...what);
    return Math.min(1, -Math.log(1 - chance) * mean) * this.#most;
  }
}
