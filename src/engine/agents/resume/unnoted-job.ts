import type { Search } from '../search.ts';

/**
 * A worker's agent has a job that an earlier controller gave it, which was killed before that was noted: it holds what it would be
 * given now, so this comes before anything that it says of that. It is away until it is attached to.
 * @returns whether that is so
 */
export function takeUnnotedJob(search: Pick<Search, 'pool' | 'begin' | 'away'>, worker: number): boolean {
  if (!search.pool.isNew(worker)) return false;
  search.begin(worker, () => {});
  search.away(worker);
  return true;
}
