import type { LiveRun } from './state.ts';

/** How far a search is. */
export interface Forecast {
  /** Of the nonce space, 0 to 1; undefined while the space is not known. */
  readonly share?: number;
  /** Seconds until the whole space is tested at this rate; undefined while nothing is searched. */
  readonly remaining?: number;
}

/** How much of the space was tested, and when all of it will be, at so many nonces per second. Pure. */
export function forecast({ tested, space }: Pick<LiveRun, 'tested' | 'space'>, rate: number): Forecast {
  if (space === undefined || space <= 0) return {};
  const done = Number(tested);
  const share = Math.min(1, done / space);
  return rate > 0 ? { share, remaining: Math.max(0, space - done) / rate } : { share };
}
