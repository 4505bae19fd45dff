import { type InstancePrice, costOf } from '../cost.ts';
import { chanceWithin } from '../search/forecast.ts';
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
  /** Nonces that are tested for a dollar, boot and teardown apart; undefined where a price is not known. */
  readonly hashesPerDollar: number | undefined;
}

/** Why no number of instances will do. */
export type Impossible =
  /** So many golden nonces are not to be expected of the whole space: how likely it holds one. */
  | { readonly kind: 'space'; readonly chance: number }
  /** T is over before an instance searches: how long T must be at least. */
  | { readonly kind: 'time'; readonly least: number }
  /** There are not so many, or they are not allowed: how likely all of them find something. */
  | {
      readonly kind: 'machines';
      readonly most: number;
      readonly chance: number;
      readonly isAllowance?: true;
    };

/** Seconds of T in which such a machine searches. */
export function searchSeconds(goal: Goal, { boot }: MachineOption): number {
  return Math.max(0, goal.timeLimit - goal.reserve - boot);
}

/** Nonces per second of so many machines: more than there are share what there is, as local instances do the cores. */
function fleetRate({ rate, most = Infinity }: MachineOption, instances: number): number {
  return Math.min(instances, most) * rate;
}

/** Nonces that so many machines test in so many seconds each, at most the whole space. */
function testedNonces(goal: Goal, option: MachineOption, instances: number, seconds: number): number {
  return Math.min(Math.floor(fleetRate(option, instances) * seconds), Number(goal.size));
}

/** What `instances` machines of a kind come to. */
export function estimate(goal: Goal, option: MachineOption, instances: number): Estimate {
  const nonces = testedNonces(goal, option, instances, searchSeconds(goal, option));
  const chance = chanceWithin(goal.probability, nonces, goal.single);
  const paid = (time: number): number | undefined => option.price && instances * costOf(option.price, [time]);
  // The mean of a geometric distribution that is cut off after `nonces`: (1 - (1-p)^n) / p.
  const expectedNonces = chance / goal.probability;
  const rate = fleetRate(option, instances);
  const expectedEnd = option.boot + expectedNonces / rate + goal.reserve;
  return {
    option,
    instances,
    nonces,
    chance,
    expectedSeconds: option.boot + 1 / goal.probability / rate,
    hashesPerDollar: option.price && hashesPerDollar(option, option.price),
    costBound: paid(goal.timeLimit + goal.grace + option.boot),
    expectedCost: paid(Math.min(expectedEnd, goal.timeLimit)),
  };
}

/** Nonces that a machine tests for a US dollar; Infinity where it costs nothing. Pure. */
function hashesPerDollar({ rate }: MachineOption, { hourly }: InstancePrice): number {
  return (rate * 3600) / hourly;
}

/** Whether T is over before such a machine searches. Pure. */
export function tooLate(goal: Goal, option: MachineOption): Impossible | undefined {
  if (searchSeconds(goal, option) > 0) return undefined;
  return { kind: 'time', least: goal.reserve + option.boot };
}

/** The fewest machines of a kind with which the search finds something by T with this probability (0 … below 1). */
export function instancesFor(goal: Goal, option: MachineOption, confidence: number): number | Impossible {
  const late = tooLate(goal, option);
  if (late) return late;
  const chance = chanceWithin(goal.probability, goal.size, goal.single);
  if (chance < confidence) return { kind: 'space', chance };
  const { most = Infinity } = option;
  const { allowed = Infinity } = goal;
  // One more than the whole space takes, as that number is rounded.
  const all = Math.min(most, allowed, instancesForAll(goal, option) + 1);
  const reached = estimate(goal, option, all).chance;
  if (reached < confidence)
    return { kind: 'machines', most: all, chance: reached, ...(all < most && { isAllowance: true }) };
  return fewest(all, (instances) => estimate(goal, option, instances).chance >= confidence);
}

/** The smallest number from 1 up to one that will do, of which every larger one will do as well. Pure. */
function fewest(enough: number, isEnough: (instances: number) => boolean): number {
  let [few, high] = [0, enough];
  while (high - few > 1) {
    const middle = Math.floor(few + (high - few) / 2);
    // Beyond 2^53 there is no number between the two.
    if (middle <= few || middle >= high) break;
    if (isEnough(middle)) high = middle;
    else few = middle;
  }
  return high;
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
    return { seconds, chance: chanceWithin(goal.probability, nonces, goal.single) };
  });
}
