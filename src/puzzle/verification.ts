import { digest, displayDigest, largestNonce } from './digest.ts';
import { headerTarget } from './header.ts';
import type { Puzzle } from './puzzle.ts';
import { leadingZeros } from './zeros.ts';

/** Whether a digest (32 bytes, raw order) is golden for the puzzle. */
export function isGolden(puzzle: Puzzle, digest: Buffer): boolean {
  if (puzzle.scheme === 'bitcoin') {
    // What the field displays is the digest read as a little-endian number.
    return BigInt(`0x${displayDigest(puzzle, digest.toString('hex'))}`) <= headerTarget(puzzle);
  }
  if ('difficulty' in puzzle) return leadingZeros(digest, puzzle.unit) >= puzzle.difficulty;
  const hex = digest.toString('hex');
  if ('prefix' in puzzle) return hex.startsWith(puzzle.prefix);
  return hex.endsWith('suffix' in puzzle ? puzzle.suffix : puzzle.digest);
}

/**
 * Judges a hit that an instance reports, trusting nothing of it: the nonce must be golden and, if a digest came with it,
 * that digest must be the nonce's own.
 *
 * @param reported hex, raw byte order.
 * @returns the nonce's digest in lower-case hex, raw byte order; undefined when the hit is false. Never throws.
 */
export function verify(puzzle: Puzzle, nonce: bigint, reported?: string): string | undefined {
  if (nonce < 0n || nonce > largestNonce(puzzle.scheme)) return undefined;
  const actual = digest(puzzle, nonce);
  const hex = actual.toString('hex');
  if (reported !== undefined && reported.toLowerCase() !== hex) return undefined;
  return isGolden(puzzle, actual) ? hex : undefined;
}
