import { chunkOf } from './chunk.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { ResidueProgress } from './residue.ts';
import type { Assignment, ResidueReport, ResidueState, ResidueStatus, Space } from './search.ts';

/**
 * What the ledger made of a report. `not-owner` happens to honest workers too (a report that was on its way when the
 * residue was taken); `impossible` does not, nor `backwards`: a next chunk before the one it was given.
 */
export type ReportResult =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      readonly rejection: 'not-owner' | 'backwards' | 'impossible';
      readonly reason: string;
    };

interface Slot {
  /** The `next` that its owner was given. */
  given: bigint;
  /** What was done when the owner got it, and the hits that the controller has verified since. */
  base: ResidueProgress;
  /** That, and what the owner's last report says. */
  progress: ResidueProgress;
  status: ResidueStatus;
  owner: number | undefined;
}

/**
 * The truth about coverage: which chunks are done, in flight, or lost. A nonce is done when the last report of the owner
 * of its residue says so, or the controller verified it itself, and stays so whatever becomes of the owner. An owner
 * may take back what it said before: its agent found out that a kernel had lied to it.
 *
 * Reports come from machines that may lie: each is taken whole or not at all. Errors thrown are bugs of the caller.
 */
export class Ledger {
  readonly space: Space;
  readonly #slots: readonly Slot[];
  readonly #dealt = new Set<number>();
  readonly #lost = new Set<number>();
  #tested = 0n;
  #bound: bigint | undefined;

  /** @param workers how many instances were launched: N. Residue k is reserved for worker k (0 … N − 1). */
  constructor(space: Space, workers: number) {
    if (!Number.isInteger(workers) || workers < 1)
      throw new RangeError(`${workers} workers cannot share a space`);
    this.space = space;
    this.#slots = Array.from({ length: workers }, (_, residue) => {
      const progress = new ResidueProgress(space, workers, residue);
      return { given: progress.next, base: progress.copy(), progress, status: 'reserved', owner: residue };
    });
  }

  /** How many nonces are done. */
  get tested(): bigint {
    return this.#tested;
  }

  /** The smallest verified hit, when only nonces below it are still worth searching (`--smallest`). */
  get bound(): bigint | undefined {
    return this.#bound;
  }

  /** Lowers the bound to a verified hit; a higher one than before changes nothing. */
  lower(hit: bigint): void {
    if (this.#bound === undefined || hit < this.#bound) this.#bound = hit;
  }

  /**
   * What to put into the job of a worker that is now ready: its own residue, unless another took it meanwhile. From here
   * on the worker owns it, so this comes before the job is sent.
   */
  deal(worker: number): Assignment[] {
    if (this.#dealt.has(worker) || this.#lost.has(worker))
      throw new Error(`worker ${worker} was dealt or lost before`);
    this.#dealt.add(worker);
    return this.#slots.filter((slot) => slot.owner === worker).map((slot) => give(slot, worker));
  }

  /** Gives a residue that nobody searches to a worker that was dealt before; returns the order to send it. */
  adopt(worker: number, residue: number): Assignment {
    const slot = this.#slot(residue);
    if (!this.#dealt.has(worker) || this.#lost.has(worker))
      throw new Error(`worker ${worker} cannot adopt now`);
    if (slot.status !== 'orphaned' && slot.status !== 'reserved') {
      throw new Error(`residue ${residue} is still with worker ${slot.owner}`);
    }
    return give(slot, worker);
  }

  /** Notes that the owner of a residue is asked to give it back; it stays the owner until `released`. */
  release(residue: number): void {
    const slot = this.#slot(residue);
    if (slot.status !== 'held') throw new Error(`residue ${residue} is ${slot.status}, not held`);
    slot.status = 'releasing';
  }

  /** Takes the final report of a residue that its owner no longer searches. Even if that is false, it is orphaned now. */
  released(worker: number, report: ResidueReport): ReportResult {
    const result = this.report(worker, report);
    const slot = this.#slots[report.residue];
    if (slot?.owner === worker && slot.status !== 'reserved') orphan(slot);
    return result;
  }

  /**
   * Takes back a worker that was lost and is searching again: it has nothing now, and may adopt. Like `deal`, this comes
   * before its job is sent.
   */
  readmit(worker: number): void {
    if (!this.#lost.delete(worker)) throw new Error(`worker ${worker} was not lost`);
    this.#dealt.add(worker);
  }

  /** Orphans everything a worker has or is to have; what it reported stays done. Returns the residues. */
  lose(worker: number): number[] {
    this.#lost.add(worker);
    const slots = this.#slots.filter((slot) => slot.owner === worker);
    for (const slot of slots) orphan(slot);
    return slots.map((slot) => slot.progress.residue);
  }

  /** Takes a worker's report of one residue. A refused one changes nothing. */
  report(worker: number, report: ResidueReport): ReportResult {
    const slot = this.#slots[report.residue];
    if (!slot) return refuse('impossible', `there is no residue ${report.residue}`);
    if (slot.owner !== worker || slot.status === 'reserved') {
      return refuse('not-owner', `residue ${report.residue} is not with worker ${worker}`);
    }
    const violation = slot.base.violation(report);
    if (violation !== undefined) return refuse('impossible', violation);
    if (report.next < slot.given) {
      return refuse('backwards', `chunk ${report.next} is before ${slot.given}, which it was given`);
    }
    this.#count(slot, () => {
      slot.progress = slot.base.copy();
      slot.progress.include(report);
    });
    return { accepted: true };
  }

  /** Counts the nonce of a verified hit, whoever found it: the controller tested it itself. False if not in the space. */
  confirm(nonce: bigint): boolean {
    if (nonce < this.space.from || nonce >= this.space.limit) return false;
    const slot = this.#slot(Number(chunkOf(this.space, nonce) % BigInt(this.#slots.length)));
    this.#count(slot, () => slot.progress.includeNonce(nonce));
    slot.base.includeNonce(nonce);
    return true;
  }

  /** Whether every nonce of from … upTo − 1 is done; by default up to the bound, or the limit when there is none. */
  complete(upTo: bigint = this.#bound ?? this.space.limit): boolean {
    return upTo <= this.space.limit && !this.#slots.some((slot) => slot.progress.hasWork(upTo));
  }

  /** Whether every nonce of the space is done. */
  exhausted(): boolean {
    return this.complete(this.space.limit);
  }

  /** The residues as the assignment policy sees them, in order. Costs a look at each of the N. */
  residues(): ResidueState[] {
    const bound = this.#bound ?? this.space.limit;
    return this.#slots.map(({ progress, status, owner }) => {
      return { residue: progress.residue, next: progress.next, status, owner, work: progress.hasWork(bound) };
    });
  }

  /** What is done, exact and compact. */
  coverage(): Coverage {
    const residues = this.#slots.map(({ progress: { residue, next, done } }) => ({ residue, next, done }));
    return coverageOf(this.space, residues, this.#tested);
  }

  /** Keeps the total up to date, so that asking for it does not cost a walk over all residues. */
  #count(slot: Slot, change: () => void): void {
    const before = slot.progress.count;
    change();
    this.#tested += slot.progress.count - before;
  }

  #slot(residue: number): Slot {
    const slot = this.#slots[residue];
    if (!slot) throw new RangeError(`there is no residue ${residue} of ${this.#slots.length}`);
    return slot;
  }
}

function give(slot: Slot, worker: number): Assignment {
  slot.owner = worker;
  slot.status = 'held';
  // Chunks that the last owner did in part are begun again: the order has no words for anything finer.
  slot.base = slot.progress.copy();
  slot.given = slot.progress.next;
  return { residue: slot.progress.residue, next: slot.progress.next };
}

function orphan(slot: Slot): void {
  slot.owner = undefined;
  slot.status = 'orphaned';
}

function refuse(rejection: 'not-owner' | 'backwards' | 'impossible', reason: string): ReportResult {
  return { accepted: false, rejection, reason };
}
