import { createHash } from 'node:crypto';
import { nonceOffset } from './header.ts';
import type { Puzzle, Scheme } from './puzzle.ts';
import { defaultTemplate, fill, withNonce } from './template.ts';

/** The largest nonce that a scheme can express: 4 bytes of a header, or 64 bits in decimal. */
export function largestNonce(scheme: Scheme): bigint {
  return scheme === 'bitcoin' ? 2n ** 32n - 1n : 2n ** 64n - 1n;
}

/**
 * The digest of one nonce in raw byte order, by SHA-256 (FIPS 180-4). The referee, not the searcher: kernels are fast.
 *
 * @throws RangeError for a nonce that the scheme cannot express.
 */
export function digest(puzzle: Puzzle, nonce: bigint): Buffer {
  if (nonce < 0n || nonce > largestNonce(puzzle.scheme)) {
    throw new RangeError(`nonce ${nonce} is not from 0 to ${largestNonce(puzzle.scheme)}`);
  }
  if (puzzle.scheme === 'bitcoin') {
    const header = Buffer.from(puzzle.header, 'hex');
    header.writeUInt32LE(Number(nonce), nonceOffset);
    return sha256(sha256(header));
  }
  const { scheme, template = defaultTemplate[scheme], block } = puzzle;
  const inner = sha256(withNonce(fill(template, block), nonce));
  if (scheme === 'sha256') return inner;
  // With hex-chain the inner digest is hashed as 64 characters, not as 32 bytes.
  return sha256(scheme === 'sha256d' ? inner : inner.toString('hex'));
}

/** A digest in hex as the scheme's field shows it: Bitcoin's block explorers reverse the bytes, the others do not. */
export function displayDigest(puzzle: { readonly scheme: string }, hex: string): string {
  return puzzle.scheme === 'bitcoin'
    ? Buffer.from(Buffer.from(hex, 'hex').toReversed()).toString('hex')
    : hex;
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
