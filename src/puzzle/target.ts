import { UsageError } from '../error.ts';

const wordMask = 0x007f_ffff;
const signBit = 0x0080_0000;

/**
 * The target that a header's nBits stands for: mantissa · 256^(exponent − 3), the compact form of the Bitcoin developer
 * reference ("Target nBits"), with the corner cases of Bitcoin Core's `arith_uint256::SetCompact`.
 *
 * @param bits the 32-bit number, as read little-endian from bytes 72–75 of the header.
 * @throws UsageError when it is negative, above 2^256 − 1, or zero: no digest can ever meet such a target.
 */
export function targetFromBits(bits: number): bigint {
  const exponent = bits >>> 24;
  const mantissa = bits & wordMask;
  // A short exponent shifts digits out first: what is gone is neither negative nor too large.
  const word = exponent <= 3 ? mantissa >>> (8 * (3 - exponent)) : mantissa;

  if (word === 0) throw badBits(bits, 'the target is zero');
  if ((bits & signBit) !== 0) throw badBits(bits, 'the target is negative');
  const target = exponent <= 3 ? BigInt(word) : BigInt(word) << BigInt(8 * (exponent - 3));
  if (target >> 256n !== 0n) throw badBits(bits, 'the target does not fit in 256 bits');
  return target;
}

/** A target as the kernel and the agent take it: 64 hex digits, most significant first. */
export function targetHex(target: bigint): string {
  return target.toString(16).padStart(64, '0');
}

function badBits(bits: number, why: string): UsageError {
  const hex = bits.toString(16).padStart(8, '0');
  return new UsageError('bad-header', `header has nBits 0x${hex}: ${why}, so no nonce can be golden`, {
    about: 'header',
    hint: 'Check bytes 72–75 of the header (little-endian); the genesis block has ffff001d there.',
  });
}
