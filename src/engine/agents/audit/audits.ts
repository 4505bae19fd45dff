import { CndError } from '../../../error.ts';
import type { EventFields } from '../../../event/event.ts';
import type { Range } from '../../../search/search.ts';
import type { PeerRedo } from './peer-redo.ts';

/** Slices that wait to be redone, at most: this machine is slower than a fleet, and what comes then is left out. */
const mostWaiting = 100;

/** A slice that one worker claims to have searched, and all near-hits that it told of it. */
export interface ClaimedSlice {
  readonly worker: number;
  readonly range: Range;
  readonly told: ReadonlySet<bigint>;
}

/** How work is checked by doing some of it again. */
export interface AuditOptions {
  /** Of the chunks that workers claim, this part is redone, 0 … 1. */
  readonly fraction: number;
  /** At least one slice of each worker, before something counts as proved. */
  readonly each: boolean;
  /** The near-hits of a range, found by this machine, which is trusted. It rejects where that is not possible. */
  readonly redo: (range: Range) => Promise<readonly bigint[]>;
  /** Asks another worker than the one that claims the slice; absent: all is redone here. */
  readonly peers?: Pick<PeerRedo, 'ask'> | undefined;
  /** A number from 0 to below 1, which no worker can guess. */
  readonly random: () => number;
  /** Aborts when nothing is to be redone any more. */
  readonly signal: AbortSignal;
  /** A worker's claims were found to be false. */
  readonly onLie: (worker: number, error: CndError) => void;
}

/**
 * Has slices done again that workers claim to have searched, by another worker or else here: all near-hits of a slice must have
 * been told. Which slice, is chosen after it was claimed. Where two workers differ, it is done here as well, and that counts.
 */
export class Audits {
  readonly #options: AuditOptions;
  /** One slice of each worker, each as likely as any other, and of how many it was chosen. */
  readonly #samples = new Map<number, { slice: ClaimedSlice; of: number }>();
  readonly #audited = new Set<number>();
  readonly #waiting: ClaimedSlice[] = [];
  #busy = false;
  #impossible: string | undefined;
  #onIdle: (() => void) | undefined;
  #slices = 0;
  #nonces = 0n;
  #elsewhere = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** Whether claims are to be sampled at all. */
  get isWanted(): boolean {
    return this.#options.fraction > 0 || this.#options.each;
  }

  /** How much was redone and found to be true; why no more could be. */
  get done(): NonNullable<NonNullable<EventFields['run.ended']['evidence']>['audits']> {
    return {
      slices: this.#slices,
      nonces: `${this.#nonces}`,
      ...(this.#elsewhere > 0 && { elsewhere: this.#elsewhere }),
      ...(this.#impossible !== undefined && { impossible: this.#impossible }),
    };
  }

  /** A nonce of [lo, hi), each as likely as any other as far as a double can tell. */
  within(lo: bigint, hi: bigint): bigint {
    return lo + (BigInt(Math.floor(this.#options.random() * 2 ** 32)) * (hi - lo)) / 2n ** 32n;
  }

  /** Whether there is a slice of a worker that can be redone. */
  hasSlice(worker: number): boolean {
    return this.#samples.has(worker);
  }

  /** A worker claims one more chunk, of which this is a slice. */
  claimed(slice: ClaimedSlice): void {
    const { fraction, random } = this.#options;
    const of = (this.#samples.get(slice.worker)?.of ?? 0) + 1;
    const chosen = random() * of < 1 ? slice : (this.#samples.get(slice.worker)?.slice ?? slice);
    this.#samples.set(slice.worker, { slice: chosen, of });
    if (random() < fraction && this.#waiting.length < mostWaiting) this.#add(slice);
  }

  /** What a worker claimed does not count any more. */
  forget(worker: number): void {
    this.#samples.delete(worker);
  }

  /** Whether everything is done that a proof needs; if not it is begun, and `then` is called when something of it is done. */
  isSettled(then: () => void): boolean {
    if (this.#options.each)
      for (const [worker, { slice }] of this.#samples) if (!this.#audited.has(worker)) this.#add(slice);
    if (!this.#busy && this.#waiting.length === 0) return true;
    this.#onIdle = then;
    return false;
  }

  #add(slice: ClaimedSlice): void {
    if (this.#impossible !== undefined) return;
    this.#audited.add(slice.worker);
    this.#waiting.push(slice);
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let slice = this.#waiting.shift(); slice; slice = this.#waiting.shift()) await this.#audit(slice);
    this.#busy = false;
    this.#onIdle?.();
  }

  async #audit(slice: ClaimedSlice): Promise<void> {
    const { worker, range, told } = slice;
    const { peers, redo, onLie, signal } = this.#options;
    const where = `${range[0]}..${range[1] - 1n}`;
    try {
      const peer = await peers?.ask(slice);
      // What was told is verified, so that what is told and found by two is true.
      const isAgreed = peer !== undefined && isSame(peer.near, [...told].filter(isIn(range)));
      const near = isAgreed ? peer.near : await redo(range);
      this.#slices += 1;
      if (peer) this.#elsewhere += 1;
      this.#nonces += range[1] - range[0];
      const missing = near.find((nonce) => !told.has(nonce));
      if (missing !== undefined) {
        const words = `claims ${where}, but did not report near-hit ${missing} in it`;
        onLie(worker, new CndError('agent-audit', words));
      }
      if (peer && !isSame(peer.near, near)) {
        const words = `searched ${where} again for an audit of #${worker}, and its near-hits are not those that are there`;
        onLie(peer.worker, new CndError('agent-audit', words));
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#impossible = error instanceof Error ? error.message : String(error);
      this.#waiting.length = 0;
    }
  }
}

function isIn([lo, hi]: Range): (nonce: bigint) => boolean {
  return (nonce) => nonce >= lo && nonce < hi;
}

/** Whether two lists hold the same nonces, in whatever order. */
function isSame(some: readonly bigint[], others: readonly bigint[]): boolean {
  const all = new Set(others);
  return some.length === all.size && new Set(some).size === all.size && some.every((nonce) => all.has(nonce));
}
