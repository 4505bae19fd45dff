import { costOf } from '../cost.ts';
import { chanceWithin, noncesFor } from '../search/forecast.ts';
import type { Goal, MachineOption } from './option.ts';

// How many instances a search needs, what it may cost, and how likely it finds something. A search for a golden nonce is a
// sequence of independent trials: the number until the first success is distributed geometrically. Pure.

/** What so many machines of a kind come to. */
export interface Estimate {
  readonly option: MachineOption;
  readonly instances: number;
  /** Nonces that are tested by T, at most the whole space. */
  readonly nonces: number;
  /** The probability of a golden nonce by T. */
  readonly chance: number;
  /** Seconds from the start until the search has found something, on average, if it goes on for as long as it takes. */
  readonly expectedSeconds: number;
  /** US dollars at most: every instance is paid until T and its grace. Undefined where a price is not known. */
  readonly costBound: number | undefined;
  /** US dollars on average: the search ends at the first golden nonce. */
  readonly expectedCost: number | undefined;
}

/** Why no number of instances will do. */
export type Impossible =
  /** So many golden nonces are not to be expected of the whole space: how likely it holds one. */
  | { readonly kind: 'space'; readonly chance: number }
  /** T is over before an instance searches: how long T must be at least. */
  | { readonly kind: 'time'; readonly least: number }
  /** There are not so many: how likely all of them find something. */
  | { readonly kind: 'machines'; readonly most: number; readonly chance: number };

/** Seconds of T in which such a machine searches. */
export function searchSeconds(goal: Goal, { boot }: MachineOption): number {
  return Math.max(0, goal.timeLimit - goal.reserve - boot);
}

/** Nonces that so many machines test in so many seconds each, at most the whole space. */
function testedNonces(goal: Goal, { rate }: MachineOption, instances: number, seconds: number): number {
  return Math.min(Math.floor(instances * rate * seconds), Number(goal.size));
}

/** What `instances` machines of a kind come to. */
export function estimate(goal: Goal, option: MachineOption, instances: number): Estimate {
  const nonces = testedNonces(goal, option, instances, searchSeconds(goal, option));
  const chance = chanceWithin(goal.probability, nonces);
  const paid = (time: number): number | undefined => option.price && instances * costOf(option.price, [time]);
  // The mean of a geometric distribution that is cut off after `nonces`: (1 - (1-p)^n) / p.
  const expectedNonces = chance / goal.probability;
  const expectedEnd = option.boot + expectedNonces / (instances * option.rate) + goal.reserve;
  return {
    option,
    instances,
    nonces,
    chance,
    expectedSeconds: option.boot + 1 / goal.probability / (instances * option.rate),
    costBound: paid(goal.timeLimit + goal.grace + option.boot),
    expectedCost: paid(Math.min(expectedEnd, goal.timeLimit)),
  };
}

/** The fewest machines of a kind with which the search finds something by T with this probability (0 … below 1). */
export function instancesFor(goal: Goal, option: MachineOption, confidence: number): number | Impossible {
  const seconds = searchSeconds(goal, option);
  if (seconds <= 0) return { kind: 'time', least: goal.reserve + option.boot };
  const nonces = noncesFor(goal.probability, confidence);
  if (nonces > Number(goal.size)) return { kind: 'space', chance: chanceWithin(goal.probability, goal.size) };
  let instances = Math.max(1, Math.ceil(nonces / (option.rate * seconds)));
  // Division rounds: the answer is the smallest number that keeps the promise, judged by the estimate itself.
  while (instances > 1 && estimate(goal, option, instances - 1).chance >= confidence) instances -= 1;
  while (estimate(goal, option, instances).chance < confidence)
    instances += Math.max(1, Math.floor(instances / 2 ** 20));
  const { most = Infinity } = option;
  if (instances <= most) return instances;
  return { kind: 'machines', most, chance: estimate(goal, option, most).chance };
}

/** How many machines of a kind test the whole space by T: more of them are paid for nothing. */
export function instancesForAll(goal: Goal, option: MachineOption): number {
  const seconds = searchSeconds(goal, option);
  return seconds <= 0 ? 1 : Math.max(1, Math.ceil(Number(goal.size) / (option.rate * seconds)));
}

/** The most machines of a kind that a budget pays for in the worst case; undefined where the price is not known. */
export function instancesWithin(goal: Goal, option: MachineOption, budget: number): number | undefined {
  const one = estimate(goal, option, 1).costBound;
  if (one === undefined) return undefined;
  const { most = Infinity } = option;
  return one === 0 ? most : Math.min(most, Math.floor(budget / one + 1e-9));
}

/**
 * Those of which none is both cheaper and faster than another: the choices worth making, the cheapest first. What has no price
 * is not compared.
 */
export function front(estimates: readonly Estimate[]): Estimate[] {
  const priced = estimates.filter(({ costBound }) => costBound !== undefined);
  const cost = ({ costBound = 0 }: Estimate): number => costBound;
  return priced
    .filter(
      (one) =>
        !priced.some(
          (other) =>
            cost(other) <= cost(one) &&
            other.expectedSeconds <= one.expectedSeconds &&
            (cost(other) < cost(one) || other.expectedSeconds < one.expectedSeconds),
        ),
    )
    .toSorted((a, b) => cost(a) - cost(b) || a.expectedSeconds - b.expectedSeconds);
}

/** The probability of success by each of `points` moments from the start to T: for a picture. */
export function curve(
  goal: Goal,
  { option, instances }: Estimate,
  points: number,
): { readonly seconds: number; readonly chance: number }[] {
  return Array.from({ length: points }, (_, index) => {
    const seconds = (goal.timeLimit * (index + 1)) / points;
    const searched = Math.max(0, Math.min(seconds, goal.timeLimit - goal.reserve) - option.boot);
    const nonces = testedNonces(goal, option, instances, searched);
    return { seconds, chance: chanceWithin(goal.probability, nonces) };
  });
}
