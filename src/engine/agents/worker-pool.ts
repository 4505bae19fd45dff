import type { WorkerState } from '../../search/assignment.ts';
import type { SearchRequest } from '../engine.ts';
import type { AgentOrder } from './agent-order.ts';
import { Received } from './resume/received.ts';
import type { WorkerSnapshot } from './resume/search-snapshot.ts';

/** Seconds for which a worker that says nothing is taken to go on as before: it reports every second. */
const longestAhead = 2;

/** Seconds after which one that says nothing is not waited for. */
const longestSilence = 6;

/** The way to one running agent. Sending never throws: a dead agent is noticed by its channel. */
export type SendOrder = (order: AgentOrder) => void;

/** What a search knows of one of its workers. */
export interface Worker {
  /**
   * `pending`: not begun, or to begin again; `away`: cannot be reached, and may be searching; `lost`: given up for good.
   */
  state: 'pending' | 'searching' | 'idle' | 'away' | 'stopped' | 'lost';
  send: SendOrder | undefined;
  /** Its search was lost, and has not begun again. */
  lost: boolean;
  /** Restored as `pending`: the earlier controller may have set it to work just before it was killed, with no time to note it. */
  unsure: boolean;
  /** Has said `ready` at least once. */
  searched: boolean;
  /** Nonces per second, as it last said. */
  rate: number;
  /** Nonces per second while it has something to do, as it last said; 0 before. */
  speed: number;
  /** When it last said what it has done, in seconds of the run. */
  heard: number;
  /** Hits it sent that are none. */
  falseHits: number;
  /** Orders that are sent once the state is kept. */
  waiting: number;
  /** Of its present agent. */
  readonly received: Received;
}

/** The workers of a search, 0 … N − 1, and those that came later. */
export class WorkerPool {
  readonly all: readonly Worker[];
  readonly #all: Worker[] = [];
  readonly #keep: SearchRequest['keep'];

  constructor(count: number, keep?: SearchRequest['keep']) {
    this.#keep = keep;
    this.all = this.#all;
    for (let worker = 0; worker < count; worker++) this.add();
  }

  /** One more, after all others. */
  add(): void {
    this.#all.push({
      state: 'pending',
      send: undefined,
      lost: false,
      unsure: false,
      searched: false,
      rate: 0,
      speed: 0,
      heard: 0,
      falseHits: 0,
      waiting: 0,
      received: new Received(this.#keep),
    });
  }

  /** The workers of an earlier controller, `now` in seconds of the run: those that had begun cannot be reached yet. */
  static restore(snapshots: readonly WorkerSnapshot[], keep: SearchRequest['keep'], now: number): WorkerPool {
    const pool = new WorkerPool(snapshots.length, keep);
    snapshots.forEach(({ state, seen, ...known }, index) => {
      const isBegun = state === 'begun';
      Object.assign(pool.get(index), {
        ...known,
        state: isBegun ? 'away' : state,
        received: new Received(keep, seen),
        unsure: state === 'pending' && !known.lost,
        // One that had begun is waited for until it is lost, or is back: when it was last heard is not known.
        heard: isBegun ? Infinity : now,
      } satisfies Partial<Worker>);
    });
    return pool;
  }

  get(index: number): Worker {
    const worker = this.all[index];
    if (!worker) throw new RangeError(`there is no worker ${index} of ${this.all.length}`);
    return worker;
  }

  /** One is given its job `now`, in seconds of the run: from now on it takes orders. */
  begin(index: number, send: SendOrder, now: number): void {
    const begun = { state: 'searching', send, unsure: false, heard: now } satisfies Partial<Worker>;
    Object.assign(this.get(index), begun);
  }

  /** One has lost its search, and may begin again. */
  lose(index: number, retrying: boolean): void {
    const state = retrying ? 'pending' : 'lost';
    const lost = { state, send: undefined, lost: true, unsure: false, rate: 0 } satisfies Partial<Worker>;
    Object.assign(this.get(index), lost);
  }

  /**
   * Gives a worker an order, if it takes any. One that another controller would have to know of (`isKept`) waits until the state is
   * kept, and so does every order after it: a `release` must not overtake the `adopt` of the same share.
   */
  order(index: number, order: AgentOrder, isKept = false): void {
    const worker = this.get(index);
    const { send } = worker;
    if (!send || !this.#keep || (!isKept && worker.waiting === 0)) return send?.(order);
    worker.waiting += 1;
    this.#keep(() => {
      worker.waiting -= 1;
      // After a reconnect it has been told everything again.
      if (worker.send === send) send(order);
    });
  }

  /** One that takes part can take no orders for now. */
  away(index: number): void {
    const worker = this.get(index);
    if (worker.state !== 'searching' && worker.state !== 'idle') return;
    worker.state = 'away';
    worker.send = undefined;
    worker.rate = 0;
  }

  /** @returns how many a worker has sent. */
  countFalseHit(index: number): number {
    return (this.get(index).falseHits += 1);
  }

  /** Whether a worker was never given a job, as far as is known. */
  isNew(index: number): boolean {
    const { state, lost } = this.get(index);
    return state === 'pending' && !lost;
  }

  /** Whether a worker is away, and still has what it had. */
  isAway(index: number): boolean {
    return this.get(index).state === 'away';
  }

  /** Takes what a worker says of its pace, `now` in seconds of the run. */
  heard(
    index: number,
    pace: { readonly rate: number; readonly speed?: number | undefined },
    now: number,
  ): void {
    const { rate, speed = rate } = pace;
    Object.assign(this.get(index), { rate, speed, heard: now });
  }

  /** Whether any has searched. */
  get anySearched(): boolean {
    return this.all.some(({ searched }) => searched);
  }

  /** How many search now, and their nonces per second together. */
  get pace(): { readonly searching: number; readonly rate: number } {
    const searching = this.all.filter(({ state, searched }) => state === 'searching' && searched);
    return { searching: searching.length, rate: searching.reduce((sum, { rate }) => sum + rate, 0) };
  }

  /** Nonces per second of all that can take orders, while they have something to do. */
  get speed(): number {
    return this.busy.reduce((sum, index) => sum + this.get(index).speed, 0);
  }

  /** Those whose agents run, as far as is known. */
  get busy(): number[] {
    return this.#in('searching', 'idle');
  }

  /** Those that may be searching, as far as is known. */
  get unconfirmed(): number[] {
    return this.#in('searching', 'idle', 'away');
  }

  /** How many are not given up, once each of them has searched; before that undefined. */
  get complement(): number | undefined {
    const alive = this.all.filter(({ state }) => state !== 'lost');
    return alive.length > 0 && alive.every(({ searched }) => searched) ? alive.length : undefined;
  }

  /** As the assignment policy sees them `now`: one that stopped takes no orders any more, one that is away not now. */
  states(now: number): WorkerState[] {
    return this.all.map(({ state, unsure, speed, heard }, worker) => {
      const silence = now - heard;
      const ahead = state === 'searching' ? speed * Math.min(longestAhead, Math.max(0, silence)) : 0;
      const isSilent = silence > longestSilence && (state === 'away' || (state === 'searching' && speed > 0));
      const isUnsure = state === 'pending' && unsure && silence <= longestSilence;
      return { worker, state: isSilent || isUnsure ? 'away' : policyState(state), speed, ahead };
    });
  }

  #in(...states: readonly Worker['state'][]): number[] {
    return this.all.flatMap(({ state }, index) => (states.includes(state) ? [index] : []));
  }
}

function policyState(state: Worker['state']): WorkerState['state'] {
  if (state === 'stopped') return 'lost';
  return state === 'away' ? 'pending' : state;
}
