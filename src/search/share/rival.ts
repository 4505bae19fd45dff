import type { ResidueProgress } from '../residue.ts';
import { RangeSet } from '../range-set.ts';
import { refuse, type ReportResult } from '../report-result.ts';
import type { LedgerSnapshot } from '../ledger-snapshot.ts';
import type { Range, ResidueReport } from '../search.ts';
import type { Slot } from './slot.ts';

/** A worker that has a share no more, and may be searching it all the same. */
interface Rival {
  readonly worker: number;
  readonly residue: number;
  /** What was done when it got it. */
  readonly base: ResidueProgress;
  /** That, and what it has reported. */
  progress: ResidueProgress;
  /** Restored, with no report since: what it said in between may have been shown to somebody else. */
  isRestored: boolean;
}

/**
 * The workers whose shares were given to others too, because they did not answer while others had nothing left to do. What
 * they say of them still counts, so that of each nonce the first answer does.
 */
export class Rivals {
  #all: Rival[] = [];
  /** Nonces that were tested twice on purpose, as far as that was reported; undefined while nothing was taken from anybody. */
  #doubled: bigint | undefined;

  get doubled(): bigint | undefined {
    return this.#doubled;
  }

  restoreCount(doubled: bigint | undefined): void {
    this.#doubled = doubled;
  }

  /** So many nonces more were told by two. */
  count(nonces: bigint): void {
    if (this.#doubled !== undefined) this.#doubled += nonces;
  }

  /** The owner of a share has it no more, but may be searching it. */
  add({ owner, status, base, progress }: Slot): void {
    const { residue } = progress;
    if (owner === undefined || status === 'reserved') throw new Error(`residue ${residue} is with nobody`);
    this.#doubled ??= 0n;
    this.#all.push({
      worker: owner,
      residue,
      base: base.copy(),
      progress: progress.copy(),
      isRestored: false,
    });
  }

  /** Takes one of a snapshot, whose base and progress are those of a share. */
  restore(worker: number, { base, progress }: Pick<Slot, 'base' | 'progress'>): void {
    this.#all.push({ worker, residue: base.residue, base, progress, isRestored: true });
  }

  snapshot(): Pick<LedgerSnapshot, 'rivals' | 'doubled'> {
    const rivals = this.#all.map(({ worker, base, progress }) => {
      return { ...progress.report, worker, base: base.report };
    });
    return { rivals, doubled: this.#doubled };
  }

  /** What a worker was given of a share that was taken from it; undefined where none was. */
  given(worker: number, residue: number): ResidueProgress | undefined {
    return this.#find(worker, residue)?.base;
  }

  /** The shares that were taken from a worker, which it has not given back. */
  of(worker: number): number[] {
    return this.#all.filter((rival) => rival.worker === worker).map(({ residue }) => residue);
  }

  /** Whether a worker may be searching a nonce of a share that was taken from it. */
  has(worker: number, nonce: bigint): boolean {
    return this.#all.some((rival) => rival.worker === worker && rival.base.has(nonce));
  }

  /** Who may be searching a nonce of a share that was taken from it; undefined when nobody may. */
  searcherOf(nonce: bigint): number | undefined {
    return this.#all.find(({ base }) => base.has(nonce))?.worker;
  }

  /** A worker is not searching a share that was taken from it, or any, any more. */
  end(worker: number, residue?: number): void {
    this.#all = this.#all.filter(
      (rival) => rival.worker !== worker || (residue !== undefined && rival.residue !== residue),
    );
  }

  /** One nonce is known to be done, whoever tells. */
  includeNonce(nonce: bigint): void {
    for (const { base, progress } of this.#all) {
      if (!base.has(nonce)) continue;
      base.includeNonce(nonce);
      progress.includeNonce(nonce);
    }
  }

  /**
   * What a worker reports of a share that was taken from it.
   * @param include counts what it has done itself, and answers how many nonces that is more
   * @returns whether it must have shown what it claims, in `isShown`
   */
  report(
    worker: number,
    report: ResidueReport,
    include: (ranges: readonly Range[]) => bigint,
  ): { readonly result: ReportResult; readonly isShown: boolean } {
    const rival = this.#find(worker, report.residue);
    const violation = rival ? rival.base.violation(report) : 'it was not taken from it';
    if (!rival || violation !== undefined)
      return { result: refuse('impossible', violation ?? ''), isShown: false };
    const now = rival.base.copy();
    now.include(report);
    const told = now.count - rival.progress.count;
    rival.progress = now;
    const isShown = !rival.isRestored;
    rival.isRestored = false;
    this.count(told - include(now.since(rival.base)));
    return { result: { accepted: true }, isShown };
  }

  #find(worker: number, residue: number): Rival | undefined {
    return this.#all.find((rival) => rival.worker === worker && rival.residue === residue);
  }
}

/** Counts as done in a share what a worker says that had it before, where nobody has told it yet. */
export function includeTold(slot: Slot, worker: number, ranges: readonly Range[]): void {
  const { progress, owner, status } = slot;
  const { residue, start, until } = progress;
  const open = new RangeSet(new RangeSet(ranges).within(start, until));
  for (const [lo, hi] of progress.report.done) open.remove(lo, hi);
  if (open.size === 0) return;
  const isOwned = owner !== undefined && status !== 'reserved';
  if (isOwned) slot.alone ??= { base: slot.base.copy(), progress: progress.copy() };
  const onto = isOwned ? slot.base : progress;
  const before = onto.copy();
  onto.include({ residue, next: onto.next, done: [...open] });
  if (isOwned) progress.include({ residue, next: progress.next, done: [...open] });
  slot.tenures.push({ worker, from: before, to: onto.copy() });
}
