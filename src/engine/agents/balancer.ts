import { assign, type Order } from '../../search/assignment.ts';
import { Horizon } from '../../search/horizon.ts';
import type { Ledger } from '../../search/ledger.ts';
import type { SearchRequest } from '../engine.ts';
import { adoptedFields, askBack } from './work-order.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Seconds between two reports of an agent. */
const reportInterval = 1;

/** Seconds in which work is moved once at most because somebody has little left: at the end all have. */
const leastInterval = 0.1;

/** Workers with whom it is looked at at once; with more it is so many seconds per worker apart, because it looks at all of them. */
const immediate = { workers: 64, interval: 1e-4 };

/** Shares that a worker keeps although it has done all of them: it names each whenever it reports. */
const mostFinished = 16;

/** Moves work between workers, so that all have something to do until all is done. */
export class Balancer {
  readonly #ledger: Ledger;
  readonly #pool: WorkerPool;
  readonly #options: Pick<SearchRequest, 'emit' | 'elapsed' | 'smallest'>;
  /** With `--smallest`. */
  readonly #horizon: Horizon | undefined;
  /** When work was last moved, in seconds of the run. */
  #balanced = -Infinity;
  /** It was too soon: it is to be done with one of the next reports, of which each worker sends one a second. */
  #isDue = false;

  constructor(
    ledger: Ledger,
    pool: WorkerPool,
    options: Pick<SearchRequest, 'emit' | 'elapsed' | 'smallest'>,
  ) {
    this.#ledger = ledger;
    this.#pool = pool;
    this.#options = options;
    if (options.smallest) this.#horizon = new Horizon(ledger.space);
  }

  /** A worker has reported on these shares: moves work if it has nothing left, or will have before it reports again. */
  reported(worker: number, shares: readonly { readonly residue: number }[]): void {
    const { state, speed } = this.#pool.get(worker);
    if (state !== 'idle' && !this.#isDue) {
      if (this.#options.elapsed() - this.#balanced < leastInterval) return;
      if (
        this.#horizon?.isSet !== false &&
        this.#ledger.shares.left(this.#upTo, shares) >= speed * reportInterval
      )
        return;
    }
    this.balance();
  }

  /** Asks for shares back and gives those that nobody searches to workers that can take them: now, or soon. */
  balance(): void {
    const workers = this.#pool.all.length;
    const interval = workers > immediate.workers ? workers * immediate.interval : 0;
    this.#isDue = this.#options.elapsed() - this.#balanced < interval;
    if (!this.#isDue) this.#balanceNow();
  }

  #balanceNow(): void {
    const { emit, elapsed } = this.#options;
    const [ledger, pool, now] = [this.#ledger, this.#pool, elapsed()];
    this.#balanced = now;
    askBack(pool, ledger, [...ledger.shares.unsound(), ...ledger.shares.finished(mostFinished)]);
    const orders = this.#orders(now);
    /** Of a share that is given to several: what is left of it. */
    const rests = new Map<number, number | undefined>();
    for (const order of orders) {
      const { worker, residue } = order;
      if (order.kind === 'take') {
        ledger.take(residue);
        pool.order(worker, { order: 'release', residue });
        continue;
      }
      if (order.kind === 'release') {
        if (ledger.shares.isFull) continue;
        ledger.release(residue);
        const from = ledger.shares.nonceAfter(residue, BigInt(order.keep));
        pool.order(worker, { order: 'release', residue, from });
        continue;
      }
      const share = rests.has(residue) ? rests.get(residue) : residue;
      if (share === undefined) continue; // it was less than it seemed
      // It may be searching that still: it is asked to give it back first.
      if (ledger.rivals.given(worker, share)) {
        rests.set(residue, share);
        continue;
      }
      const { count } = order;
      rests.set(
        residue,
        count === undefined || ledger.shares.isFull ? undefined : ledger.divide(share, BigInt(count)),
      );
      const assignment = ledger.adopt(worker, share);
      pool.get(worker).state = 'searching';
      // Not before it is kept that the worker has it: whoever goes on with the search must not give it to another one.
      pool.order(worker, { order: 'adopt', ...assignment }, true);
      emit('instance.adopted', adoptedFields(worker, assignment, ledger));
    }
    // What was taken is for others now.
    if (orders.some(({ kind }) => kind === 'take')) this.#balanceNow();
  }

  /**
   * What is to be done now. The horizon is raised only when what is below is shared out as it should be: with more below, a fast
   * worker would have something of its own there, and not be given what a slow one will be at for long.
   */
  #orders(now: number): Order[] {
    const [ledger, pool] = [this.#ledger, this.#pool];
    const bounded = ledger.bound !== undefined;
    const assigned = () =>
      assign({ residues: ledger.residues(this.#upTo), workers: pool.states(now), bounded });
    if (this.#horizon === undefined) return assigned();
    const below = this.#horizon.isSet ? assigned() : [];
    if (below.length > 0) return below;
    this.#horizon.raise(pool.speed, (bound) => ledger.shares.left(bound));
    return assigned();
  }

  /** The nonce up to which all are to end together. */
  get #upTo(): bigint {
    const { bound, space } = this.#ledger;
    const horizon = this.#horizon?.nonce ?? space.limit;
    // A hit far above the horizon says little of where the smallest is.
    return bound !== undefined && bound < horizon ? bound : horizon;
  }
}
