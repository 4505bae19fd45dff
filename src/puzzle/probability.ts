import { headerTarget } from './header.ts';
import { wantedBits } from './pattern.ts';
import type { Puzzle } from './puzzle.ts';

/**
 * The probability, from above 0 to 1, that one nonce of a space of `size` is golden: 16^−D or 2^−D, 16^−k for a prefix or suffix of k
 * digits, for `bitcoin` (target + 1) / 2^256, taking every digest of SHA-256 to be equally likely. Who asks for a whole digest
 * knows that it is one of the space: 1 / size.
 */
export function probability(puzzle: Puzzle, size: bigint): number {
  // Each of these is within the exponents of a double (2^−1074), so nothing becomes 0.
  if (puzzle.scheme === 'bitcoin') return Number(headerTarget(puzzle) + 1n) / 2 ** 256;
  return isSingle(puzzle) ? 1 / Math.max(1, Number(size)) : 2 ** -wantedBits(puzzle).bits;
}

/** Whether a space is taken to hold exactly one golden nonce: the one whose digest is given. */
export function isSingle(puzzle: Puzzle): boolean {
  return 'digest' in puzzle;
}
