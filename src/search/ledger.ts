import { chunkOf } from './chunk.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import type { LedgerSnapshot, ResidueSnapshot, WorkerRecord } from './ledger-snapshot.ts';
import { RangeSet } from './range-set.ts';
import { ResidueProgress } from './residue.ts';
import { assignmentOf, discredit, give, hasWork, newSlot, orphan, type Slot, snapshotOf } from './slot.ts';
import type { Assignment, Range, ResidueReport, ResidueState, ResidueStatus, Space } from './search.ts';

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
  readonly #workers: WorkerRecord[];
  /** What was done before the search began. */
  readonly #known: RangeSet;
  /** How many nonces each worker says it has done. */
  readonly #claimed = new Map<number, bigint>();
  #tested: bigint;
  #bound: bigint | undefined;

  /**
   * @param workers how many instances were launched: N. Residue k is reserved for worker k (0 … N − 1).
   * @param done nonces that were tested before: any ranges, whatever chunks and stride they come from. Those outside the
   *   space do not count.
   */
  constructor(space: Space, workers: number, done: Iterable<Range> = []) {
    if (!Number.isInteger(workers) || workers < 1)
      throw new RangeError(`${workers} workers cannot share a space`);
    this.space = space;
    this.#known = new RangeSet(new RangeSet(done).within(space.from, space.limit));
    this.#workers = Array.from({ length: workers }, () => 'new');
    this.#slots = this.#workers.map((_, residue) => {
      return newSlot(new ResidueProgress(space, workers, residue, this.#known));
    });
    this.#tested = this.#known.count;
  }

  /**
   * The ledger that a snapshot was taken of: every residue is with its owner, which may go on or be lost.
   * @throws RangeError when it contradicts itself.
   */
  static restore({ space, stride, bound, known, workers, residues }: LedgerSnapshot): Ledger {
    const ledger = new Ledger(space, stride, known);
    if (residues.length !== stride || workers.length < stride)
      throw new RangeError(`a snapshot of ${residues.length} residues and ${workers.length} workers`);
    ledger.#workers.splice(0, stride, ...workers);
    ledger.#bound = bound;
    for (const residue of residues) ledger.#restoreResidue(residue);
    return ledger;
  }

  /** How many residues there are. */
  get stride(): bigint {
    return BigInt(this.#slots.length);
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

  /** A worker more, with no residue of its own. @returns its index */
  join(): number {
    return this.#workers.push('new') - 1;
  }

  /**
   * What to put into the job of a worker that is now ready: its own residue, unless another took it meanwhile. From here
   * on the worker owns it, so this comes before the job is sent.
   */
  deal(worker: number): Assignment[] {
    if (this.#workers[worker] !== 'new') throw new Error(`worker ${worker} was dealt or lost before`);
    this.#workers[worker] = 'dealt';
    return this.#slots.filter((slot) => slot.owner === worker).map((slot) => give(slot, worker));
  }

  /** Gives a residue that nobody searches to a worker that was dealt before; returns the order to send it. */
  adopt(worker: number, residue: number): Assignment {
    const slot = this.#slot(residue);
    if (this.#workers[worker] !== 'dealt') throw new Error(`worker ${worker} cannot adopt now`);
    if (slot.status !== 'orphaned' && slot.status !== 'reserved') {
      throw new Error(`residue ${residue} is still with worker ${slot.owner}`);
    }
    return give(slot, worker);
  }

  /** What a worker has, as it would be told now. */
  assignments(worker: number): (Assignment & { readonly status: ResidueStatus })[] {
    return this.#slots
      .filter(({ owner, status }) => owner === worker && status !== 'reserved')
      .map(({ progress, status }) => ({ ...assignmentOf(progress), status }));
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
    if (slot?.owner === worker && slot.status !== 'reserved') this.#count(slot, () => orphan(slot));
    return result;
  }

  /**
   * Takes back a worker that was lost and is searching again: it has nothing now, and may adopt. Like `deal`, this comes
   * before its job is sent.
   */
  readmit(worker: number): void {
    if (this.#workers[worker] !== 'lost') throw new Error(`worker ${worker} was not lost`);
    this.#workers[worker] = 'dealt';
  }

  /** Orphans everything a worker has or is to have; what it reported stays done. Returns the residues. */
  lose(worker: number): number[] {
    this.#workers[worker] = 'lost';
    const slots = this.#slots.filter((slot) => slot.owner === worker);
    for (const slot of slots) this.#count(slot, () => orphan(slot));
    return slots.map((slot) => slot.progress.residue);
  }

  /**
   * Takes back everything that a lost worker has said it did: others search it again. Where another builds on it already that
   * counts as undone from now on, but can only be dealt once it is released.
   * @returns the residues to be asked back for that, from their owners
   */
  withdraw(worker: number): number[] {
    this.#claimed.delete(worker);
    const asked: number[] = [];
    for (const slot of this.#slots) {
      if (!slot.tenures.some((tenure) => tenure.worker === worker)) continue;
      slot.discredited.add(worker);
      if (slot.owner === undefined) this.#count(slot, () => discredit(slot));
      else if (slot.status === 'held') asked.push(slot.progress.residue);
    }
    return asked;
  }

  /** How many nonces a worker says it has done, of all that it ever held; after a restore, since its first reports. */
  claimed(worker: number): bigint {
    return this.#claimed.get(worker) ?? 0n;
  }

  /** The first chunk that is not done of a residue that a worker has; undefined before its first report after a restore. */
  nextOf(worker: number, residue: number): bigint | undefined {
    const slot = this.#slots[residue];
    return slot?.owner === worker && !slot.isRestored ? slot.progress.next : undefined;
  }

  /** Whether nothing of a range of the space, in one chunk, was done when the residue was given to its present owner. */
  isOwnWork(worker: number, [lo, hi]: Range): boolean {
    const { owner, base } = this.#slotOf(lo);
    return owner === worker && base.isUntouched(lo, hi);
  }

  /** What a worker has said of a nonce: nothing (`open`), that it is done, or so of all before it (`passed`). */
  standing(worker: number, nonce: bigint): 'foreign' | 'open' | 'done' | 'passed' {
    if (nonce < this.space.from || nonce >= this.space.limit) return 'foreign';
    const slot = this.#slotOf(nonce);
    if (slot.owner !== worker || slot.status === 'reserved') return 'foreign';
    return slot.progress.standing(nonce);
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
    if (report.next < slot.given)
      return refuse('backwards', `chunk ${report.next} is before ${slot.given}, which it was given`);
    const more = this.#count(slot, () => {
      slot.progress = slot.base.copy();
      slot.progress.include(report);
    });
    if (!slot.isRestored) this.#claimed.set(worker, this.claimed(worker) + more);
    slot.isRestored = false;
    return { accepted: true };
  }

  /** Counts the nonce of a verified hit, whoever found it: the controller tested it itself. False if not in the space. */
  confirm(nonce: bigint): boolean {
    if (nonce < this.space.from || nonce >= this.space.limit) return false;
    const slot = this.#slotOf(nonce);
    this.#count(slot, () => slot.progress.includeNonce(nonce));
    slot.base.includeNonce(nonce);
    return true;
  }

  /** Whether every nonce of from … upTo − 1 is done; by default up to the bound, or the limit when there is none. */
  complete(upTo: bigint = this.#bound ?? this.space.limit): boolean {
    return upTo <= this.space.limit && !this.#slots.some((slot) => hasWork(slot, upTo));
  }

  /** Whether every nonce of the space is done. */
  exhausted(): boolean {
    return this.complete(this.space.limit);
  }

  /** The residues as the assignment policy sees them, in order. Costs a look at each of the N. */
  residues(): ResidueState[] {
    const bound = this.#bound ?? this.space.limit;
    return this.#slots.map((slot) => {
      const { progress, status, owner } = slot;
      return { residue: progress.residue, next: progress.next, status, owner, work: hasWork(slot, bound) };
    });
  }

  /** What is done, exact and compact. */
  coverage(): Coverage {
    const residues = this.#slots.map(({ progress }) => progress.report);
    return coverageOf(this.space, residues, this.#tested, [...this.#known]);
  }

  /** All that `restore` needs. */
  snapshot(): LedgerSnapshot {
    return {
      space: this.space,
      stride: this.#slots.length,
      bound: this.#bound,
      known: [...this.#known],
      workers: [...this.#workers],
      residues: this.#slots.map(snapshotOf),
    };
  }

  #restoreResidue({ base, given, status, owner, ...report }: ResidueSnapshot): void {
    const slot = this.#slot(report.residue);
    const isOwned =
      owner === undefined ? status === 'orphaned' : status !== 'orphaned' && owner in this.#workers;
    const wrong = slot.base.violation(base) ?? slot.progress.violation(report);
    if (wrong !== undefined || base.residue !== report.residue || !isOwned)
      throw new RangeError(`a snapshot with residue ${report.residue} ${status}: ${wrong ?? 'not possible'}`);
    this.#count(slot, () => {
      slot.base.include(base);
      slot.progress.include(base);
      slot.progress.include(report);
    });
    Object.assign(slot, { given, status, owner, isRestored: true });
  }

  /** Keeps the total up to date, so that asking for it does not cost a walk over all residues. @returns how much more it is */
  #count(slot: Slot, change: () => void): bigint {
    const before = slot.progress.count;
    change();
    const more = slot.progress.count - before;
    this.#tested += more;
    return more;
  }

  #slotOf(nonce: bigint): Slot {
    return this.#slot(Number(chunkOf(this.space, nonce) % BigInt(this.#slots.length)));
  }

  #slot(residue: number): Slot {
    const slot = this.#slots[residue];
    if (!slot) throw new RangeError(`there is no residue ${residue} of ${this.#slots.length}`);
    return slot;
  }
}

function refuse(rejection: 'not-owner' | 'backwards' | 'impossible', reason: string): ReportResult {
  return { accepted: false, rejection, reason };
}
