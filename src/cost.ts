import { dollars } from './quantity.ts';

/** What one instance costs at most. */
export interface InstancePrice {
  /** US dollars. */
  readonly hourly: number;
  /** Seconds that are charged at least. */
  readonly leastSeconds: number;
}

/** What machines cost that one has already. */
export const free: InstancePrice = { hourly: 0, leastSeconds: 0 };

/** US dollars for instances that are paid for so many seconds each. Pure. */
export function costOf({ hourly, leastSeconds }: InstancePrice, seconds: readonly number[]): number {
  const paid = seconds.reduce((sum, one) => sum + Math.max(leastSeconds, one), 0);
  return (hourly * paid) / 3600;
}

/** An upper bound of a cost in words, with what it is computed from; without an amount it is `unknown`. Pure. */
export function costWords(amount: number | undefined, basis?: string): string {
  const words = amount === undefined ? 'unknown' : amount === 0 ? '$0' : `at most $${dollars(amount)}`;
  return basis === undefined ? words : `${words} (${basis})`;
}
