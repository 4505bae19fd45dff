import type { InstancePrice } from '../../../cost.ts';
import { instanceData } from './instance-data.ts';

// What a run costs, as arithmetic. Prices are US dollars per hour; looking them up is price-lookup.ts.

/** Per second, but no instance for less than a minute (EC2 pricing page, "Per-second billing"). */
const leastSeconds = 60;

/** A public IPv4 address costs this much, used or not (Amazon VPC pricing page, since February 2024). */
export const addressPrice = 0.005;

/** No region is dearer than that of the table by more than this factor; what the table is multiplied with elsewhere. */
const dearest = 1.75;

/** A price and where it is from. */
export interface Price {
  readonly hourly: number;
  readonly source: string;
}

/**
 * The built-in price of an instance type on demand, an upper bound outside of the region of the table; undefined when its family
 * is not in it. Pure.
 */
export function tablePrice(type: string, vcpus: number, region: string): Price | undefined {
  const { families, prices } = instanceData;
  const name = type.split('.')[0] ?? '';
  const family = Object.hasOwn(families, name) ? families[name] : undefined;
  if (!family) return undefined;
  const hourly = family.perVcpu * vcpus;
  const table = `built-in table of ${prices.date}`;
  if (region === prices.region) return { hourly, source: table };
  return {
    hourly: hourly * dearest,
    source: `${table} for ${prices.region}, ×${dearest} for any other region`,
  };
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
