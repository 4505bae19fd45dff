/** A unit of time, with its length in seconds. */
export interface TimeUnit {
  readonly name: 'seconds' | 'minutes' | 'hours' | 'days';
  readonly seconds: number;
}

/** The unit in which a chart tells times up to so many seconds. Pure. */
export function timeUnit(longest: number): TimeUnit {
  if (longest <= 300) return { name: 'seconds', seconds: 1 };
  if (longest <= 5 * 3600) return { name: 'minutes', seconds: 60 };
  return longest <= 4 * 86_400 ? { name: 'hours', seconds: 3600 } : { name: 'days', seconds: 86_400 };
}
