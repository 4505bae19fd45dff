import { headerTarget } from './header.ts';
import type { Puzzle } from './puzzle.ts';

/**
 * The probability, from above 0 to 1, that one nonce is golden: 16^−D or 2^−D, for `bitcoin` (target + 1) / 2^256,
 * taking every digest of SHA-256 to be equally likely.
 */
export function probability(puzzle: Puzzle): number {
  // Each of these is within the exponents of a double (2^−1074), so nothing becomes 0.
  if (puzzle.scheme === 'bitcoin') return Number(headerTarget(puzzle) + 1n) / 2 ** 256;
  return 2 ** -(puzzle.unit === 'digits' ? 4 * puzzle.difficulty : puzzle.difficulty);
}
