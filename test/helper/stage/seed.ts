import { createHash, randomInt } from 'node:crypto';

/**
 * What chance decides on a stage: how long something is not seen, where an answer is cut into pages. Each draw depends on
 * the seed and on what it is for, not on the order of the draws, so that a seed repeats them whatever runs at the same time.
 */
export class Seed {
  readonly number: number;

  /** By default that of $CND_STAGE_SEED, or a new one. */
  constructor(number = Number(process.env['CND_STAGE_SEED'] ?? randomInt(1_000_000))) {
    this.number = number;
  }

  /** A number from 0 up to 1, always the same for the same thing. */
  draw(...what: readonly (string | number)[]): number {
    const digest = createHash('sha256')
      .update([this.number, ...what].join(' '))
      .digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }

  /** An integer from `least` to `most`. */
  between(least: number, most: number, ...what: readonly (string | number)[]): number {
    return least + Math.floor(this.draw(...what) * (most - least + 1));
  }
}
