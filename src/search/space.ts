import { UsageError } from '../error.ts';
import type { Scheme } from '../puzzle/puzzle.ts';
import { visible } from '../text.ts';
import type { Space } from './search.ts';

/** What a user may say about the nonce space; what is absent gets its default. */
export interface SpaceDefinition {
  readonly from?: bigint | undefined;
  readonly limit?: bigint | undefined;
  readonly chunk?: bigint | undefined;
}

export const defaultLimit = 2n ** 32n;
export const defaultChunk = 1_000_000n;

/** The largest chunk: more nonces than any space has, and no more than an agent takes. */
const maximumChunk = 2n ** 64n - 1n;

/** The largest limit of a scheme: 2^32 for a header's 4 bytes, else 2^64 − 1, so that a limit fits 64 bits as well. */
export function maximumLimit(scheme: Scheme): bigint {
  return scheme === 'bitcoin' ? 2n ** 32n : 2n ** 64n - 1n;
}

/**
 * A valid nonce space from what the user said, by default 0 .. 2^32 − 1 in chunks of 1,000,000. A chunk that nobody gave is
 * smaller where the space would otherwise not have one for each of the instances.
 *
 * @throws UsageError when a value is out of its range or the space is empty.
 */
export function makeSpace(definition: SpaceDefinition, scheme: Scheme, instances = 1): Space {
  const { from = 0n, limit = defaultLimit } = definition;
  const { chunk = least(defaultChunk, largestChunk({ from, limit }, instances)) } = definition;
  const maximum = maximumLimit(scheme);
  if (from < 0n) {
    throw bad('from', `from is ${from}, but nonces start at 0`, 'Give a whole number, 0 or more.');
  }
  if (from >= maximum) {
    const why = `from is ${shown(from)}, not below the ${maximum} of scheme ${scheme}`;
    throw bad('from', why, `Give at most ${maximum - 1n}.`);
  }
  if (limit > maximum) {
    const why = `limit is ${shown(limit)}, above the ${maximum} of scheme ${scheme}`;
    throw bad('limit', why, `Give at most ${maximum}.`);
  }
  if (chunk < 1n) {
    throw bad(
      'chunk',
      `chunk is ${chunk} nonces, not at least 1`,
      `Omit it to assign ${defaultChunk} at a time.`,
    );
  }
  if (chunk > maximumChunk) {
    const why = `chunk is ${shown(chunk)} nonces, more than ${maximumChunk}`;
    throw bad('chunk', why, `Give at most ${maximumChunk}, or omit it to assign ${defaultChunk} at a time.`);
  }
  if (limit <= from) {
    // With --from alone the default limit is the surprise: say where it comes from.
    const given = definition.limit === undefined ? `${limit} by default` : `${limit}`;
    const hint = `Give a limit from ${from + 1n} to ${maximum}.`;
    throw bad('limit', `limit is ${given}, not above from, which is ${from}: no nonce is left`, hint);
  }
  return { from, limit, chunk };
}

/** The largest chunk of which a space has one for each of so many instances; 1 where it has fewer nonces than that. Pure. */
export function largestChunk({ from, limit }: Pick<Space, 'from' | 'limit'>, instances: number): bigint {
  const share = (limit - from) / BigInt(instances);
  return share > 1n ? share : 1n;
}

/** A number as an error shows it: never longer than a line. */
function shown(value: bigint): string {
  return visible(value.toString());
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function bad(about: string, message: string, hint: string): UsageError {
  return new UsageError(`bad-${about}`, message, { about, hint });
}
