import type { Range, Space } from './search.ts';

/** How many chunks the space has; the last one may be shorter than the others. */
export function chunkCount(space: Space): bigint {
  return (space.limit - space.from + space.chunk - 1n) / space.chunk;
}

/** The first nonce of a chunk; for chunks past the last one, a nonce at or above the limit. */
export function chunkStart(space: Space, index: bigint): bigint {
  return space.from + index * space.chunk;
}

/** The nonces of chunk `index` (which must be below `chunkCount`), cut at the limit. */
export function chunkRange(space: Space, index: bigint): Range {
  const hi = chunkStart(space, index + 1n);
  return [chunkStart(space, index), hi < space.limit ? hi : space.limit];
}

/** The chunk that a nonce of the space belongs to. */
export function chunkOf(space: Space, nonce: bigint): bigint {
  return (nonce - space.from) / space.chunk;
}

/** The first chunk ≡ `residue` mod `stride` that is not before chunk `index`. */
export function chunkFrom(index: bigint, residue: bigint, stride: bigint): bigint {
  const behind = (index - residue) % stride;
  return behind > 0n ? index + stride - behind : index - behind;
}

/** How many nonces of [lo, hi), which must lie in the space, are in chunks ≡ `residue` mod `stride`. */
export function noncesWithin(space: Space, residue: bigint, stride: bigint, lo: bigint, hi: bigint): bigint {
  const below = (nonce: bigint): bigint => {
    const chunk = chunkOf(space, nonce);
    const whole = chunk > residue ? (chunk - residue - 1n) / stride + 1n : 0n;
    const part = chunk % stride === residue ? nonce - chunkStart(space, chunk) : 0n;
    return whole * space.chunk + part;
  };
  return lo < hi ? below(hi) - below(lo) : 0n;
}
