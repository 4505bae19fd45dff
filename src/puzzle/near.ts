import { displayDigest } from './digest.ts';
import { wantedBits } from './pattern.ts';
import type { Puzzle } from './puzzle.ts';
import { leadingZeros } from './zeros.ts';

/**
 * Whether a digest is a near-hit of so many bits, as the kernels' `--near` counts them: its first bits, in the order of the goal,
 * equal those that are wanted, which are zero beyond what the goal says. With leading zeros these are zero bits (digits as their
 * bits; `bits-lsb` from the least significant of each byte; bitcoin: of the little-endian number), with `suffix` the last bits.
 * So the chance of one is 2^−bits, whatever the goal.
 */
export function isNear(puzzle: Puzzle, digest: Buffer, bits: number): boolean {
  if (puzzle.scheme === 'bitcoin') {
    const number = Buffer.from(displayDigest(puzzle, digest.toString('hex')), 'hex');
    return leadingZeros(number, 'bits') >= bits;
  }
  const { order, wanted } = wantedBits(puzzle);
  const difference = digest.map((byte, index) => byte ^ (wanted[index] ?? 0));
  // The last bits first: bytes from the end, each from its least significant bit.
  if (order === 'last') return leadingZeros(difference.toReversed(), 'bits-lsb') >= bits;
  return leadingZeros(difference, order) >= bits;
}
