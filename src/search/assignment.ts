import type { ResidueState } from './search.ts';

/**
 * A worker as the policy sees it. `pending`: cannot take orders yet; `searching`: can, and has something to do;
 * `idle`: said that everything it holds is done; `lost`: gone for good.
 */
export interface WorkerState {
  readonly worker: number;
  readonly state: 'pending' | 'searching' | 'idle' | 'lost';
}

export interface Snapshot {
  readonly residues: readonly ResidueState[];
  readonly workers: readonly WorkerState[];
  /** A hit is only a bound and everything below it must be searched (`--smallest`). */
  readonly bounded: boolean;
}

/** `adopt`: the worker is to search the residue. `release`: the worker, its owner, is to give it back. */
export type Order = {
  readonly kind: 'adopt' | 'release';
  readonly worker: number;
  readonly residue: number;
};

/**
 * Who is to search what, now: the orders that leave no worker idle while there is work that could be moved to it.
 *
 * 1. An orphaned residue goes at once to the worker with the fewest residues, idle ones first.
 * 2. A residue reserved for a worker that is still pending goes to an idle one; once there is a bound, to any one that
 *    can take orders, because the proof waits for it.
 * 3. For an idle worker that gets neither, the most loaded one (two residues or more) is asked to release one.
 *
 * Smallest nonces first throughout; equal workers in the order of their numbers. Only residues with work left count.
 * Pure: carry the orders out on the ledger, set adopters to `searching`, and ask again when a worker's state, the bound
 * or a residue's owner has changed (not on every progress report: it looks at all residues). Each release and the
 * adoption that follows it take from a worker with two and give to one with none, so this comes to rest.
 */
export function assign({ residues, workers, bounded }: Snapshot): Order[] {
  const work = residues.filter((residue) => residue.work).toSorted(byNonce);
  const held = work.filter((residue) => residue.status === 'held');
  const ready = workers
    .filter(({ state }) => state === 'searching' || state === 'idle')
    .map(({ worker, state }) => {
      const own = held.filter(({ owner }) => owner === worker);
      return { worker, idle: state === 'idle', load: own.length, own };
    })
    .toSorted((a, b) => a.worker - b.worker);
  const hungry = () => ready.filter(({ idle, load }) => idle && load === 0);

  const orders: Order[] = [];
  const adopt = (taker: Ready, residue: number) => {
    taker.load++;
    taker.idle = false;
    orders.push({ kind: 'adopt', worker: taker.worker, residue });
  };
  for (const { residue, status } of work) {
    if (status !== 'orphaned' && !(status === 'reserved' && bounded)) continue;
    const taker = leastLoaded(ready);
    if (!taker) break;
    adopt(taker, residue);
  }
  if (!bounded) {
    const reserved = work.filter(({ status }) => status === 'reserved').values();
    for (const taker of hungry()) {
      const next = reserved.next();
      if (next.done) break;
      adopt(taker, next.value.residue);
    }
  }

  // What was asked for earlier and has not come yet will feed as many.
  const asked = residues.filter(({ status }) => status === 'releasing').length;
  for (let unfed = hungry().length - asked; unfed > 0; unfed--) {
    const donor = mostLoaded(ready.filter(({ own }) => own.length > 0));
    const residue = donor?.own.shift();
    if (!donor || !residue || donor.load < 2) break;
    donor.load--;
    orders.push({ kind: 'release', worker: donor.worker, residue: residue.residue });
  }
  return orders;
}

interface Ready {
  readonly worker: number;
  idle: boolean;
  load: number;
}

function leastLoaded<T extends Ready>(ready: readonly T[]): T | undefined {
  return best(ready, (a, b) => a.load < b.load || (a.load === b.load && a.idle && !b.idle));
}

function mostLoaded<T extends Ready>(ready: readonly T[]): T | undefined {
  return best(ready, (a, b) => a.load > b.load);
}

/** The first of those that no other is better than. */
function best<T>(all: readonly T[], better: (a: T, b: T) => boolean): T | undefined {
  return all
    .slice(1)
    .reduce((found, one) => (found !== undefined && better(one, found) ? one : found), all[0]);
}

function byNonce(a: ResidueState, b: ResidueState): number {
  if (a.next === b.next) return a.residue - b.residue;
  return a.next < b.next ? -1 : 1;
}
