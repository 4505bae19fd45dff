import { type Coverage, coverageOf } from './coverage.ts';
import type { LedgerSnapshot, WorkerRecord } from './ledger-snapshot.ts';
import { RangeSet } from './range-set.ts';
import { hasAdded } from './share/tenure.ts';
import { refuse, type ReportResult } from './report-result.ts';
import { includeTold, Rivals } from './share/rival.ts';
import { ShareTable, type ShareView } from './share/share-table.ts';
import {
  discredit,
  give,
  includeReport,
  orphan,
  type Slot,
  snapshotOf,
  residueState,
  unsoundOf,
} from './share/slot.ts';
import type { Assignment, Range, ResidueReport, ResidueState, Space } from './search.ts';

/** Ranges that an assignment says are done; of a share with more the rest is given to somebody else. */
const mostDone = 10_000;

/**
 * The truth about coverage: which chunks are done, in flight, or lost. A nonce is done when the last report of the owner
 * of its residue says so, or the controller verified it itself, and stays so whatever becomes of the owner. An owner
 * may take back what it said before: its agent found out that a kernel had lied to it.
 *
 * Reports come from machines that may lie: each is taken whole or not at all. Errors thrown are bugs of the caller.
 */
export class Ledger {
  readonly space: Space;
  readonly #shares: ShareTable;
  /** What is known of each share. */
  readonly shares: ShareView;
  readonly #workers: WorkerRecord[];
  /** What was done before the search began. */
  readonly #known: RangeSet;
  /** How many nonces each worker says it has done. */
  readonly #claimed = new Map<number, bigint>();
  #tested: bigint;
  /** The workers whose shares were given to others too. */
  readonly rivals = new Rivals();
  #bound: bigint | undefined;

  /**
   * @param workers how many instances were launched: N. Residue k is reserved for worker k (0 … N − 1).
   * @param done nonces that were tested before: any ranges, whatever chunks and stride they come from. Those outside the
   *   space do not count.
   * @param restored the shares of a snapshot
   */
  constructor(space: Space, workers: number, done: Iterable<Range> = [], restored?: LedgerSnapshot) {
    if (!Number.isInteger(workers) || workers < 1)
      throw new RangeError(`${workers} workers cannot share a space`);
    this.space = space;
    this.#known = new RangeSet(new RangeSet(done).within(space.from, space.limit));
    this.#workers = Array.from({ length: workers }, () => 'new');
    this.#shares = new ShareTable(space, workers);
    this.shares = this.#shares;
    if (restored) this.#shares.restore(restored, this.#known, this.rivals);
    else this.#shares.reserveAll(this.#known);
    this.#tested = this.#shares.count;
  }

  /** The ledger of a snapshot: every share is with its owner, which may go on or be lost. @throws RangeError */
  static restore(snapshot: LedgerSnapshot): Ledger {
    const { space, stride, bound, known, workers } = snapshot;
    const ledger = new Ledger(space, stride, known, snapshot);
    ledger.#workers.splice(0, stride, ...workers);
    ledger.#bound = bound;
    return ledger;
  }

  /** How many residues there are. */
  get stride(): bigint {
    return BigInt(this.#shares.stride);
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
    return this.#shares.of(worker).map((slot) => this.#give(slot, worker));
  }

  /** Gives a residue that nobody searches to a worker that was dealt before; returns the order to send it. */
  adopt(worker: number, residue: number): Assignment {
    if (this.#workers[worker] !== 'dealt') throw new Error(`worker ${worker} cannot adopt now`);
    return this.#give(this.#unheld(residue), worker);
  }

  /** Divides a share that nobody searches, which keeps `keep` nonces. @returns the number of the rest, if there is one */
  divide(residue: number, keep: bigint): number | undefined {
    const slot = this.#unheld(residue);
    return this.#shares.divide(slot, slot.progress.nonceAfter(keep))?.progress.residue;
  }

  /** Notes that the owner of a share is asked to give it, or a part of it, back; it stays the owner until `released`. */
  release(residue: number): void {
    const slot = this.#shares.get(residue);
    if (slot.status !== 'held') throw new Error(`residue ${residue} is ${slot.status}, not held`);
    slot.status = 'releasing';
  }

  /**
   * The owner of a share has given back what it has from `from` on: that part is a share of its own now, which nobody has. This
   * comes before the report that it sent with it, in which `next` may be past that.
   * @returns false when the share is not its own, or is to be taken back as a whole: then it is to be `released`
   */
  returned(worker: number, residue: number, from: bigint): boolean {
    const slot = this.#shares.find(residue);
    if (this.rivals.given(worker, residue)) return true;
    if (slot?.owner !== worker || slot.status === 'reserved' || this.#shares.isFull) return false;
    const rest = this.#shares.divide(slot, from);
    if (rest) this.#count(rest, () => orphan(rest));
    slot.status = 'held';
    return true;
  }

  /** Takes the final report of a share that its owner no longer searches. Even if that is false, the share is orphaned. */
  released(worker: number, report: ResidueReport): ReportResult {
    const slot = this.#shares.find(report.residue);
    const result = this.report(worker, report);
    if (slot?.owner === worker && slot.status !== 'reserved') this.#count(slot, () => orphan(slot));
    this.rivals.end(worker, report.residue);
    return result;
  }

  /** Takes a share from its owner, which does not answer: what that says of it still counts, until it has `released` it. */
  take(residue: number): void {
    const slot = this.#shares.get(residue);
    this.rivals.add(slot);
    this.#count(slot, () => orphan(slot));
  }

  /** Takes back a worker that was lost: it has nothing now, and may adopt. Like `deal`, this comes before its job is sent. */
  readmit(worker: number): void {
    if (this.#workers[worker] !== 'lost') throw new Error(`worker ${worker} was not lost`);
    this.#workers[worker] = 'dealt';
  }

  /** Orphans everything a worker has or is to have; what it reported stays done. Returns the residues. */
  lose(worker: number): number[] {
    this.#workers[worker] = 'lost';
    this.rivals.end(worker);
    const slots = this.#shares.of(worker);
    for (const slot of slots) this.#count(slot, () => orphan(slot));
    return slots.map((slot) => slot.progress.residue);
  }

  /**
   * Takes back everything that a lost worker has said it did: others search it again. Where another builds on it already that
   * counts as undone from now on, but can only be dealt once it is released: these are returned.
   */
  withdraw(worker: number): number[] {
    this.#claimed.delete(worker);
    return this.#shares.flatMap((slot) => {
      if (!slot.tenures.some((tenure) => tenure.worker === worker && hasAdded(tenure))) return [];
      slot.discredited.add(worker);
      if (slot.owner === undefined) this.#count(slot, () => discredit(slot));
      return unsoundOf(slot).map(({ residue }) => residue);
    });
  }

  /** How many nonces a worker says it has done, of all that it ever held; after a restore, since its first reports. */
  claimed(worker: number): bigint {
    return this.#claimed.get(worker) ?? 0n;
  }

  /** What a worker has said of a nonce: nothing (`open`), that it is done, or so of all before it (`passed`). */
  standing(worker: number, nonce: bigint): 'foreign' | 'open' | 'done' | 'passed' {
    if (nonce < this.space.from || nonce >= this.space.limit) return 'foreign';
    const slot = this.#shares.at(nonce);
    const isOwner = slot.owner === worker && slot.status !== 'reserved';
    if (!isOwner && !this.rivals.has(worker, nonce)) return 'foreign';
    return slot.progress.standing(nonce);
  }

  /** Takes a worker's report of one residue. A refused one changes nothing. */
  report(worker: number, report: ResidueReport): ReportResult {
    const slot = this.#shares.find(report.residue);
    if (!slot) return refuse('impossible', `there is no residue ${report.residue}`);
    if (this.rivals.given(worker, report.residue)) return this.#reportLate(worker, report);
    if (slot.owner !== worker || slot.status === 'reserved')
      return refuse('not-owner', `residue ${report.residue} is not with worker ${worker}`);
    const violation = slot.base.violation(report);
    if (violation !== undefined) return refuse('impossible', violation);
    if (report.next < slot.given)
      return refuse('backwards', `chunk ${report.next} is before ${slot.given}, which it was given`);
    const more = this.#count(slot, () => this.rivals.count(includeReport(slot, report)));
    if (!slot.isRestored) this.#claimed.set(worker, this.claimed(worker) + more);
    slot.isRestored = false;
    return { accepted: true };
  }

  /** Counts the nonce of a verified hit, whoever found it: the controller tested it itself. False if not in the space. */
  confirm(nonce: bigint): boolean {
    if (nonce < this.space.from || nonce >= this.space.limit) return false;
    const slot = this.#shares.at(nonce);
    this.#count(slot, () => slot.progress.includeNonce(nonce));
    this.#shares.confirm(slot, nonce);
    this.rivals.includeNonce(nonce);
    return true;
  }

  /** Whether every nonce of from … upTo − 1 is done; by default up to the bound, or the limit when there is none. */
  complete(upTo: bigint = this.#bound ?? this.space.limit): boolean {
    return upTo <= this.space.limit && !this.#shares.hasWork(upTo);
  }

  /** The shares as the assignment policy sees them, with what is left below a bound. It looks at each. */
  residues(bound: bigint = this.#bound ?? this.space.limit): ResidueState[] {
    return this.#shares.map((slot) => residueState(slot, bound));
  }

  /** What is done, exact and compact. */
  coverage(): Coverage {
    const shares = this.#shares.map(({ progress }) => progress.report);
    return coverageOf(
      this.space,
      this.#shares.stride,
      shares,
      this.#tested,
      [...this.#known],
      this.rivals.doubled,
    );
  }

  /** All that `restore` needs. */
  snapshot(): LedgerSnapshot {
    return {
      space: this.space,
      stride: this.#shares.stride,
      bound: this.#bound,
      known: [...this.#known],
      workers: [...this.#workers],
      residues: this.#shares.map(snapshotOf),
      ...this.rivals.snapshot(),
    };
  }

  /** A worker reports on a share that was taken from it, which may have been divided since. */
  #reportLate(worker: number, report: ResidueReport): ReportResult {
    const given = this.rivals.given(worker, report.residue);
    let more = 0n;
    const { result, isShown } = this.rivals.report(worker, report, (ranges) => {
      for (const slot of given ? this.#shares.partsOf(given) : [])
        more += this.#count(slot, () => includeTold(slot, worker, ranges));
      return more;
    });
    if (isShown) this.#claimed.set(worker, this.claimed(worker) + more);
    return result;
  }

  #unheld(residue: number): Slot {
    const slot = this.#shares.get(residue);
    if (slot.status === 'orphaned' || slot.status === 'reserved') return slot;
    throw new Error(`residue ${residue} is still with worker ${slot.owner}`);
  }

  #give(slot: Slot, worker: number): Assignment {
    const [tooMany] = slot.progress.skip.slice(mostDone);
    const rest = tooMany && this.#shares.divide(slot, tooMany[0]);
    if (rest) this.#count(rest, () => orphan(rest));
    return give(slot, worker);
  }

  /** Keeps the total up to date, so that asking for it does not cost a walk over all residues. @returns how much more it is */
  #count(slot: Slot, change: () => void): bigint {
    const before = slot.progress.count;
    change();
    const more = slot.progress.count - before;
    this.#tested += more;
    return more;
  }
}
