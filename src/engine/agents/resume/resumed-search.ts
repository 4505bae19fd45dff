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

/** A search that an earlier controller kept. */
interface RestoredSearch {
  readonly ledger: Ledger;
  readonly snapshot: ParsedSearch;
}

/** What was looked at before anything was touched and is gone on with afterwards: of thousands of instances it is large, and read once. */
const restored = new WeakMap<object, RestoredSearch>();

/** N, which instances that came later have not changed. @throws CndError `state-damaged` */
export function strideOf({ snapshot, space }: Pick<Begun, 'snapshot' | 'space'>, launched: number): number {
  return snapshot === undefined ? launched : restoreSearch(snapshot, space).snapshot.ledger.stride;
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
  // It changes from now on.
  if (isObject(value)) restored.delete(value);
  if (snapshot.workers.length < workers) throw damaged(new RangeError('it is of another search'));
  return { ledger, pool: WorkerPool.restore(snapshot.workers, keep, elapsed()), best: snapshot.best };
}

/** What an earlier controller kept of this search. @throws CndError `state-damaged` when it cannot be that. */
export function restoreSearch(value: unknown, space: Space): RestoredSearch {
  const known = isObject(value) ? restored.get(value) : undefined;
  const search = known ?? restoreAnew(value);
  const { from, limit, chunk } = search.ledger.space;
  if (from !== space.from || limit !== space.limit || chunk !== space.chunk)
    throw damaged(new RangeError('it is of another search'));
  if (isObject(value)) restored.set(value, search);
  return search;
}

function restoreAnew(value: unknown): RestoredSearch {
  const snapshot = parseSearch(value);
  try {
    return { ledger: Ledger.restore(snapshot.ledger), snapshot };
  } catch (error) {
    throw damaged(error);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
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
