import type { Space } from '../../../search/search.ts';

/** Zero bits of a near-hit, at most: one nonce in 16.8 million has them, a few a second of a fast kernel. */
const mostBits = 24;

/** With audits: a slice that is redone is then worth comparing. */
const mostBitsAudited = 20;

/** Near-hits that a worker's equal share of a small space has at least, on average: enough to tell by their number. */
const shareHits = 64;

/**
 * How many zero bits make a near-hit: 24, or 20 where slices are audited, and fewer where the space is so small that an equal
 * share of it would have less than 64 of them. So one share never has more than 128, but where the space is large. Pure.
 */
export function nearBits({ from, limit }: Space, workers: number, audited: boolean): number {
  const most = audited ? mostBitsAudited : mostBits;
  const apart = (limit - from) / BigInt(workers * shareHits);
  const bits = apart > 1n ? apart.toString(2).length - 1 : 0;
  return Math.min(most, bits);
}
