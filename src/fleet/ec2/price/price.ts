import type { InstancePrice } from '../../../cost.ts';

// What a run costs, as arithmetic. Prices are US dollars per hour; looking them up is price-lookup.ts.

/** Per second, but no instance for less than a minute (EC2 pricing page, "Per-second billing"). */
const leastSeconds = 60;

/** A public IPv4 address costs this much, used or not (Amazon VPC pricing page, since February 2024). */
export const addressPrice = 0.005;

/** When the table below was made. */
export const tableDate = '2026-07';

/** On-demand Linux prices in us-east-1 per vCPU; within these families an instance costs in proportion to its vCPUs. */
const perVcpu: Readonly<Record<string, number>> = {
  c6a: 0.03825,
  c6g: 0.034,
  c6i: 0.0425,
  c7a: 0.05132,
  c7g: 0.03625,
  c7i: 0.04463,
  c8a: 0.05389,
  c8g: 0.03988,
};

/** No region is dearer than us-east-1 by more than this factor; what the table is multiplied with elsewhere. */
const dearest = 1.75;

/** A price and where it is from. */
export interface Price {
  readonly hourly: number;
  readonly source: string;
}

/** The built-in price of an instance type, an upper bound outside us-east-1; undefined when it is not in the table. Pure. */
export function tablePrice(type: string, vcpus: number, region: string): Price | undefined {
  const rate = perVcpu[type.split('.')[0] ?? ''];
  if (rate === undefined) return undefined;
  if (region === 'us-east-1') return { hourly: rate * vcpus, source: `built-in table of ${tableDate}` };
  const source = `built-in table of ${tableDate} for us-east-1, ×${dearest} for any other region`;
  return { hourly: rate * vcpus * dearest, source };
}

/** What an instance costs with its address, by the price of its type in US dollars per hour. Pure. */
export function instancePrice(hourly: number, publicAddress: boolean): InstancePrice {
  return { hourly: hourly + (publicAddress ? addressPrice : 0), leastSeconds };
}

/**
 * Seconds for which an instance is paid at most: it may be created at the very last moment of the search, but the
 * switch armed then fires at T + grace; until it has shut down it takes about as long as it takes to boot.
 */
export function longestPaid(
  timeLimit: number,
  timing: { readonly grace: number; readonly boot: number },
): number {
  return timeLimit + timing.grace + timing.boot;
}

/** Seconds between the interruption notice of a Spot Instance and its end. */
const noticeSeconds = 120;

/**
 * Seconds that a replacement adds at most to what is paid: what it lives, the lost one does not, but for the minimum of either
 * and the time between a notice and the end that it announces.
 */
export function replacementSurplus(spot: boolean): number {
  return leastSeconds + (spot ? noticeSeconds : 0);
}
