/** What can be said before a run of its chances. */
export interface Odds {
  /** Nonces that can be tested: as many as the rate allows within the time, at most the whole space. */
  readonly nonces: number;
  /** The probability of at least one golden nonce among them, 0 … 1. */
  readonly chance: number;
  /** Nonces to test until the first golden one, on average. */
  readonly expectedNonces: number;
  /** Seconds until the first golden one, on average. */
  readonly expectedSeconds: number;
  /** Seconds for an even chance; Infinity when the whole space does not give one. */
  readonly evenSeconds: number;
  /** What ends the search if nothing is found. */
  readonly end: 'time' | 'space';
}

/** The probability of what is nearly certain, closer to 1 than any other number. */
const nearlyOne = 1 - Number.EPSILON / 2;

/**
 * The probability that at least one of `nonces` is golden when each is with probability `p`: 1 − (1 − p)^n, in the form
 * that keeps its digits when p is far below 2^−53 (where 1 − p would be 1). With `single` exactly one of 1 / p nonces is golden,
 * each with the same probability: n · p. 1 is only what is certain, however close it is.
 */
export function chanceWithin(p: number, nonces: number | bigint, single = false): number {
  const n = Number(nonces);
  if (single) return Math.min(1, n * p);
  if (n === 0) return 0;
  return p >= 1 ? 1 : Math.min(nearlyOne, -Math.expm1(n * Math.log1p(-p)));
}

/** How many nonces are tested until the first golden one, on average. */
export function expectedNonces(p: number): number {
  return 1 / p;
}

/** How many nonces must be tested for a probability `chance` (0 … 1) of a golden one; Infinity for certainty unless p = 1 or `single`. */
export function noncesFor(p: number, chance: number, single = false): number {
  if (chance <= 0) return 0;
  if (single) return Math.max(1, Math.ceil(chance / p));
  return p >= 1 ? 1 : Math.max(1, Math.ceil(Math.log1p(-chance) / Math.log1p(-p)));
}

/** Seconds to test `nonces` at `rate` nonces per second. */
export function secondsFor(nonces: number | bigint, rate: number): number {
  const n = Number(nonces);
  return n === 0 ? 0 : n / rate;
}

/**
 * The chances of a search of a space of `size` nonces for `seconds` at `rate` nonces per second (of the whole fleet),
 * for sentences such as "D=12 is out of reach: 1 in 40 million within T".
 */
export function odds(p: number, size: bigint, rate: number, seconds: number, single = false): Odds {
  const reachable = rate * seconds;
  const nonces = Math.min(reachable, Number(size));
  const even = noncesFor(p, 0.5, single);
  return {
    nonces,
    chance: chanceWithin(p, nonces, single),
    expectedNonces: expectedNonces(p),
    expectedSeconds: secondsFor(expectedNonces(p), rate),
    evenSeconds: even <= Number(size) ? secondsFor(even, rate) : Infinity,
    end: reachable < Number(size) ? 'time' : 'space',
  };
}
