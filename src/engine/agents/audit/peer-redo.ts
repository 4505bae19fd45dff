import { within } from '../../../wait.ts';
import type { Range } from '../../../search/search.ts';
import type { WorkerPool } from '../worker-pool.ts';

/** Seconds that a slice may take a worker that is to do it again, by its own word of its speed. */
const longestSlice = 2;

/** Milliseconds after which one is not waited for, nor asked again. */
const answerTimeout = 6000;

/** A slice, and who claims to have searched it. */
interface AskedSlice {
  readonly worker: number;
  readonly range: Range;
}

/** What another worker found in a slice. */
export interface PeerAnswer {
  readonly worker: number;
  /** As it said: nothing of it is verified. */
  readonly near: readonly bigint[];
}

/** A worker's answer to an order to search a range again; without `near` it could not. */
export interface Redone {
  readonly from: bigint;
  readonly to: bigint;
  readonly near?: readonly bigint[] | undefined;
}

/** Has slices searched again by other workers than those that claim them; one at a time. */
export class PeerRedo {
  readonly #pool: () => WorkerPool;
  /** See `AuditOptions.random`: a worker must not know who checks it. */
  readonly #random: () => number;
  readonly #silent = new Set<number>();
  #asked:
    { readonly worker: number; readonly range: Range; readonly tell: (redone: Redone) => void } | undefined;

  constructor(pool: () => WorkerPool, random: () => number) {
    this.#pool = pool;
    this.#random = random;
  }

  /** What another worker, an idle one if there is one, finds in the slice; undefined: nobody could be asked, or answered. */
  async ask({ worker: claimant, range }: AskedSlice): Promise<PeerAnswer | undefined> {
    const worker = this.#choose(claimant, Number(range[1] - range[0]));
    if (worker === undefined) return undefined;
    const answered = new Promise<Redone>((tell) => (this.#asked = { worker, range, tell }));
    this.#pool().get(worker).send?.({ order: 'redo', from: range[0], to: range[1] });
    const redone = await within(answerTimeout, answered);
    this.#asked = undefined;
    if (!redone) this.#silent.add(worker);
    return redone?.near && { worker, near: redone.near };
  }

  /** A worker says what it found. */
  answered(worker: number, redone: Redone): void {
    const { range = [], tell, worker: asked } = this.#asked ?? {};
    if (worker === asked && redone.from === range[0] && redone.to === range[1]) tell?.(redone);
  }

  /** Nobody is idle more often than the last ones of a search; who searches loses a second or two of its own work. */
  #choose(claimant: number, nonces: number): number | undefined {
    const able = [...this.#pool().all.entries()].filter(
      ([worker, { state, send, speed }]) =>
        worker !== claimant &&
        (state === 'idle' || state === 'searching') &&
        send !== undefined &&
        speed * longestSlice >= nonces &&
        !this.#silent.has(worker),
    );
    const idle = able.filter(([, { state }]) => state === 'idle');
    const some = idle.length > 0 ? idle : able;
    return some[Math.floor(this.#random() * some.length)]?.[0];
  }
}
