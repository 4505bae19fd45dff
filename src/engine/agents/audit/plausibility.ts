/** Probability that an honest worker is ever taken for a liar by the number of its near-hits, in one run, at most. */
export const falseAlarm = 1e-9;

/**
 * What a liar may have done of the work that it claims, and how much of the wager is put on it: half on nothing at all, the
 * rest on parts of it.
 */
const wagers = [
  { part: 0, weight: 1 / 2 },
  { part: 1 / 4, weight: 1 / 8 },
  { part: 1 / 2, weight: 1 / 8 },
  { part: 3 / 4, weight: 1 / 8 },
  { part: 7 / 8, weight: 1 / 8 },
];

/**
 * The natural logarithm of the evidence against a worker that claims so many nonces that `expected` near-hits are in them on
 * average, and has shown `found`: what a wager of 1 has become that is put on it having done a part r of its work, which pays
 * r^found · e^((1 − r) · expected).
 *
 * For an honest worker each nonce is a near-hit with probability p, whatever came before (SHA-256 taken as random). One nonce
 * then changes that wager by a factor whose mean is (1 − (1 − r)p) · e^((1 − r)p) ≤ 1, so a mixture of them is a
 * non-negative supermartingale that begins with 1. By Ville's inequality (J. Ville, Étude critique de la notion de collectif,
 * 1939; Howard, Ramdas, McAuliffe and Sekhon, Probability Surveys 17, 2020) the probability that it is ever 1/α or more is
 * at most α, however often and whenever it is looked at. Pure.
 */
export function evidenceAgainst(found: number, expected: number): number {
  const logs = wagers.map(({ part, weight }) => {
    const hits = found === 0 ? 0 : found * Math.log(part);
    return Math.log(weight) + hits + (1 - part) * expected;
  });
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}

/** Whether a worker with so few near-hits has not done what it claims; an honest one is called that once in 10⁹ runs. Pure. */
export function isImplausible(found: number, expected: number): boolean {
  return evidenceAgainst(found, expected) >= -Math.log(falseAlarm);
}
