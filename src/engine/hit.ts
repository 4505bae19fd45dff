import type { Puzzle } from '../puzzle/puzzle.ts';
import { verify } from '../puzzle/verification.ts';
import { chunkOf } from '../search/chunk.ts';
import type { Space } from '../search/search.ts';

/** A golden nonce that the controller has verified. */
export interface Hit {
  /** Index of the instance that found it; undefined where the engine has no instances. */
  readonly instance: number | undefined;
  readonly nonce: bigint;
  /** Hex, raw byte order. */
  readonly digest: string;
}

/** A nonce that somebody says is golden. */
export interface Claim {
  readonly nonce: bigint;
  readonly digest: string;
  /** Who found it, if not the one that says so: agents pass on what they hear on the broadcast. */
  readonly instance?: number | undefined;
}

/** The search that a claim is about. */
interface Claimed {
  readonly puzzle: Puzzle;
  readonly space: Space;
  /** N, as launched, which is the stride; 0 where the engine has no instances. */
  readonly workers: number;
  /** How many instances there are by now; absent: N. */
  readonly instances?: number;
}

/**
 * The hit in a claim that `teller` makes, or undefined: believed only when it is golden, of our nonces, and has this
 * digest, whoever says so. Who found it cannot be verified, and is only told; it is always one of our instances, if there
 * are any: when there is none of the index that was named, the one whose share the nonce is of. Pure.
 */
export function verifiedHit(
  teller: number | undefined,
  { nonce, digest: reported, instance = teller }: Claim,
  { puzzle, space, workers, instances = workers }: Claimed,
): Hit | undefined {
  if (nonce < space.from || nonce >= space.limit) return undefined;
  const digest = verify(puzzle, nonce, reported);
  if (digest === undefined) return undefined;
  if (workers === 0) return { instance: undefined, nonce, digest };
  const isOurs = instance !== undefined && instance < instances;
  const finder = isOurs ? instance : Number(chunkOf(space, nonce) % BigInt(workers));
  return { instance: finder, nonce, digest };
}
