import type { Puzzle } from './puzzle.ts';
import { leadingZeros } from './zeros.ts';

/**
 * Whether a digest has at least so many zero bits in its scheme's order, as the kernels' `--near` counts them: leading ones
 * (digits as their bits), with `bits-lsb` from the least significant of each byte, with bitcoin of the number in
 * little-endian.
 */
export function hasZeroBits(puzzle: Puzzle, digest: Buffer, bits: number): boolean {
  if (puzzle.scheme === 'bitcoin') return leadingZeros(digest.toReversed(), 'bits') >= bits;
  return leadingZeros(digest, puzzle.unit === 'bits-lsb' ? 'bits-lsb' : 'bits') >= bits;
}
