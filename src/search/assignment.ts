import type { ResidueState } from './search.ts';

/**
 * A worker as the policy sees it. `pending`: cannot take orders yet; `searching`: can, and has something to do;
 * `idle`: said that everything it holds is done; `away`: does not answer, but may be searching; `lost`: gone for good.
 */
export interface WorkerState {
  readonly worker: number;
  readonly state: 'pending' | 'searching' | 'idle' | 'away' | 'lost';
  /** Nonces per second that it tests while it has something to do, as measured; 0 when that is not known yet. */
  readonly speed: number;
  /** How many nonces it has probably tested that it has not reported yet. */
  readonly ahead: number;
}

/** What the policy judges by. */
export interface Snapshot {
  readonly residues: readonly ResidueState[];
  readonly workers: readonly WorkerState[];
  /** A hit is only a bound and everything below it must be searched (`--smallest`). */
  readonly bounded: boolean;
}

/**
 * `adopt`: the worker is to search the share; with `count` only so many nonces of it that are not done, and what is left of it
 * is for the next `adopt` of the same share. `release`: the worker, its owner, is to give it back, but for the first `keep`
 * nonces that are not done. `take`: the worker, its owner, does not answer, and somebody else is to have the share too.
 */
export type Order =
  | { readonly kind: 'adopt'; readonly worker: number; readonly residue: number; readonly count?: number }
  | { readonly kind: 'release'; readonly worker: number; readonly residue: number; readonly keep: number }
  | { readonly kind: 'take'; readonly worker: number; readonly residue: number };

/** Seconds before it has nothing left from which on a worker is given more. */
const soon = 1;

/** Seconds by which the end must come sooner for work to be moved: less than a slice or two is not worth an order. */
const worthwhile = 0.25;

/**
 * Who is to search what, now: the orders by which all workers end at about the same time, as far as their measured speeds tell.
 *
 * 1. An orphaned share goes at once to the workers that have nothing left, or will soon: each gets so much of it that they end
 *    together. When there are none it goes to the worker that ends soonest with it: as a rule the fastest.
 * 2. A share reserved for a worker that is still pending goes to one that has nothing left; once there is a bound, to any one that
 *    can take orders, because the proof waits for it. (That of one that is away stays: it may be searching it already.)
 * 3. For those that still have nothing left, the workers that would end last are asked to give back what they would do after
 *    the time at which all of these can end together. One answer is waited for before more is asked.
 *
 * 4. When all have nothing left but workers that are away, what those have is given to the others as well.
 *
 * Smallest nonces first throughout; equal workers in the order of their numbers. Only shares with work left count.
 * Pure: carry the orders out on the ledger, set adopters to `searching`, and ask again when a worker's state, the bound
 * or a share's owner has changed, or a worker will soon have nothing left (not on every progress report: it looks at all
 * shares). What moves ends at least `worthwhile` seconds sooner, so this comes to rest.
 */
export function assign({ residues, workers, bounded }: Snapshot): Order[] {
  const work = residues.filter(({ left }) => left > 0).toSorted(byNonce);
  const ready = readyWorkers(work, workers);
  const orders: Order[] = [];
  const away = new Set(workers.filter(({ state }) => state === 'away').map(({ worker }) => worker));
  for (const share of work) {
    // Most are with somebody: nothing else is worked out for these.
    if (share.status !== 'orphaned' && share.status !== 'reserved') continue;
    if (share.status === 'reserved' && share.owner !== undefined && away.has(share.owner)) continue;
    const hungry = hungryOf(ready);
    if (share.status === 'orphaned' || bounded || hungry.length > 0)
      orders.push(...adoptions(share, hungry.length > 0 ? hungry : ready));
  }
  const hungry = hungryOf(ready);
  // Of one that cannot be asked now no answer is waited for.
  const isAsking = ready.some(({ own }) => own.some(({ status }) => status === 'releasing'));
  if (hungry.length > 0 && !isAsking) orders.push(...releases(hungry, ready));
  const isLast = orders.length === 0 && !isAsking && ready.length > 0 && ready.every(({ idle }) => idle);
  if (!isLast) return orders;
  return work.flatMap(({ residue, status, owner }): Order[] =>
    owner !== undefined && status !== 'reserved' && away.has(owner)
      ? [{ kind: 'take', worker: owner, residue }]
      : [],
  );
}

/** A worker that takes orders. */
interface Ready {
  readonly worker: number;
  readonly speed: number;
  readonly idle: boolean;
  /** Nonces it has to do. */
  left: number;
  /** What it holds, smallest nonces first. */
  readonly own: readonly ResidueState[];
}

function readyWorkers(work: readonly ResidueState[], workers: readonly WorkerState[]): Ready[] {
  const able = workers.filter(({ state }) => state === 'searching' || state === 'idle');
  const known = able.filter(({ speed }) => speed > 0);
  // One that has not been measured yet is taken for an average one.
  const average = known.length > 0 ? known.reduce((sum, { speed }) => sum + speed, 0) / known.length : 1;
  const owned = new Map<number, ResidueState[]>();
  for (const share of work) {
    if (share.owner === undefined || share.status === 'reserved') continue;
    const own = owned.get(share.owner);
    if (own) own.push(share);
    else owned.set(share.owner, [share]);
  }
  return able
    .map(({ worker, state, speed, ahead }) => {
      const own = owned.get(worker) ?? [];
      const left = own.reduce((sum, share) => sum + share.left, 0);
      return {
        worker,
        speed: speed || average,
        idle: state === 'idle',
        left: Math.max(0, left - ahead),
        own,
      };
    })
    .toSorted((a, b) => a.worker - b.worker);
}

/** Seconds until a worker has nothing left. */
function end({ left, speed }: Ready): number {
  return left / speed;
}

/** Those that have nothing left, or will soon and long before others. */
function hungryOf(ready: readonly Ready[]): Ready[] {
  const last = ready.reduce((most, worker) => Math.max(most, end(worker)), 0);
  return ready.filter((worker) => {
    if (worker.own.length === 0 && worker.left === 0) return true;
    return !worker.idle && end(worker) < Math.min(soon, last / 2);
  });
}

/** Gives a share to these workers so that they end together; to one of them when it is small. */
function adoptions({ residue, left }: ResidueState, takers: readonly Ready[]): Order[] {
  if (takers.length === 0) return [];
  const sum = takers.reduce((all, taker) => all + taker.speed, 0);
  const isDivided = takers.every((taker) => taker.left < left) && left / sum > worthwhile;
  if (!isDivided) return [adopt(soonest(takers, left), residue, left)];
  const together = (left + takers.reduce((all, taker) => all + taker.left, 0)) / sum;
  const orders: Order[] = [];
  let rest = left;
  for (const [index, taker] of takers.entries()) {
    const count = Math.ceil(together * taker.speed - taker.left);
    if (index < takers.length - 1 && count < 1) continue;
    if (index === takers.length - 1 || count >= rest) {
      orders.push(adopt(taker, residue, rest));
      break;
    }
    orders.push(adopt(taker, residue, count, count));
    rest -= count;
  }
  return orders;
}

function adopt(taker: Ready, residue: number, left: number, count?: number): Order {
  taker.left += left;
  return { kind: 'adopt', worker: taker.worker, residue, ...(count !== undefined && { count }) };
}

/** The worker that ends soonest if it takes so many nonces more. */
function soonest(ready: readonly Ready[], count: number): Ready {
  const after = ({ left, speed }: Ready) => (left + count) / speed;
  return ready.reduce((best, one) => (after(one) < after(best) ? one : best));
}

/** Asks those that would end last for what the hungry can do sooner. */
function releases(hungry: readonly Ready[], ready: readonly Ready[]): Order[] {
  let left = hungry.reduce((sum, one) => sum + one.left, 0);
  let speed = hungry.reduce((sum, one) => sum + one.speed, 0);
  const donors: Ready[] = [];
  const isHungry = new Set(hungry);
  const others = ready
    .filter((one) => !isHungry.has(one))
    .toSorted((a, b) => end(b) - end(a) || a.worker - b.worker);
  for (const one of others) {
    if (end(one) <= left / speed) break;
    donors.push(one);
    left += one.left;
    speed += one.speed;
  }
  const [last] = donors;
  const together = left / speed;
  if (!last || end(last) - together < worthwhile) return [];
  return donors.flatMap((donor) => surplus(donor, donor.left - together * donor.speed));
}

/** The orders by which a worker gives back about so many nonces: the last ones it would do. */
function surplus({ worker, speed, own }: Ready, count: number): Order[] {
  const orders: Order[] = [];
  let rest = count;
  for (const { residue, left, status } of own.toReversed()) {
    // Less is done before it could be moved.
    if (rest < Math.max(1, (speed * worthwhile) / 4) || status !== 'held') break;
    orders.push({ kind: 'release', worker, residue, keep: Math.max(0, Math.ceil(left - rest)) });
    rest -= left;
  }
  return orders;
}

function byNonce(a: ResidueState, b: ResidueState): number {
  if (a.next === b.next) return a.residue - b.residue;
  return a.next < b.next ? -1 : 1;
}
