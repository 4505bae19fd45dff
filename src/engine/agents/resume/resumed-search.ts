import { Ledger } from '../../../search/ledger.ts';
import type { Space } from '../../../search/search.ts';
import type { SearchRequest, SearchSnapshot } from '../../engine.ts';
import type { Claim, Hit } from '../../hit.ts';
import { WorkerPool } from '../worker-pool.ts';
import {
  type ParsedSearch,
  type WorkerSnapshot,
  damaged,
  parseSearch,
  searchValue,
} from './search-snapshot.ts';

/** What a search is about, and whether it goes on from another one. */
type Begun = Pick<SearchRequest, 'space' | 'done' | 'snapshot' | 'isContinued' | 'keep' | 'elapsed'> & {
  readonly workers: number;
};

/** What a search begins with. */
export interface SearchBase {
  readonly ledger: Ledger;
  readonly pool: WorkerPool;
  /** A hit that an earlier controller has verified. */
  readonly best?: Claim | undefined;
}

/** N, which instances that came later have not changed. @throws CndError `state-damaged` */
export function strideOf(value: SearchRequest['snapshot'], launched: number): number {
  return value === undefined ? launched : parseSearch(value).ledger.stride;
}

/**
 * What is known when a search begins: nothing, or what an earlier controller kept. Workers that had a job then may be at it
 * still: they are away.
 * @throws CndError `state-damaged` when what was kept is not of this search.
 */
export function searchBase(begun: Begun): SearchBase {
  const { space, done, snapshot: value, keep, elapsed, workers } = begun;
  if (value === undefined) {
    const ledger = new Ledger(space, workers, done);
    if (begun.isContinued !== true) return { ledger, pool: new WorkerPool(workers, keep) };
    const fresh = { state: 'pending', lost: false, searched: false, falseHits: 0, seen: 0 } as const;
    const pool = WorkerPool.restore(
      Array.from({ length: workers }, () => fresh),
      keep,
      elapsed(),
    );
    return { ledger: Ledger.restore(ledger.snapshot()), pool };
  }
  const { ledger, snapshot } = restoreSearch(value, space);
  if (snapshot.workers.length < workers) throw damaged(new RangeError('it is of another search'));
  return { ledger, pool: WorkerPool.restore(snapshot.workers, keep, elapsed()), best: snapshot.best };
}

/** What an earlier controller kept of this search. @throws CndError `state-damaged` when it cannot be that. */
export function restoreSearch(
  value: unknown,
  space: Space,
): { readonly ledger: Ledger; readonly snapshot: ParsedSearch } {
  const snapshot = parseSearch(value);
  try {
    const ledger = Ledger.restore(snapshot.ledger);
    const { from, limit, chunk } = ledger.space;
    if (from !== space.from || limit !== space.limit || chunk !== space.chunk)
      throw new RangeError('it is of another search');
    return { ledger, snapshot };
  } catch (error) {
    throw damaged(error);
  }
}

/** How a search stands, for another controller. */
export function searchSnapshotOf(ledger: Ledger, pool: WorkerPool, best: Hit | undefined): SearchSnapshot {
  const marks = pool.all.map(({ received }) => received.mark());
  const workers = pool.all.map(({ state, lost, searched, falseHits, received }): WorkerSnapshot => {
    const kept = state === 'pending' || state === 'lost' ? state : 'begun';
    return { state: kept, lost, searched, falseHits, seen: received.seen };
  });
  return {
    value: searchValue(ledger.snapshot(), workers, best),
    onKept: () => {
      for (const mark of marks) mark();
    },
  };
}
