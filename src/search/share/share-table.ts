import { chunkOf } from '../chunk.ts';
import { contradiction, type LedgerSnapshot } from '../ledger-snapshot.ts';
import { RangeSet } from '../range-set.ts';
import { ResidueProgress } from '../residue.ts';
import { hasWork, newSlot, partOf, type Slot, unsoundOf, assignmentOf } from './slot.ts';
import type { Assignment, Range, ResidueReport, ResidueStatus, ShareReport, Space } from '../search.ts';
import type { Rivals } from './rival.ts';

/** More shares than a search ever needs: then it is full. */
const mostShares = 65_536;

/** What is known of each share. */
export type ShareView = Pick<
  ShareTable,
  | 'isFull'
  | 'finished'
  | 'nextOf'
  | 'confirmed'
  | 'isOwnWork'
  | 'unfinishedWork'
  | 'assignments'
  | 'left'
  | 'nonceAfter'
  | 'residueOf'
  | 'within'
  | 'unsound'
  | 'extentOf'
  | 'startOf'
>;

/** The shares of a search: its N residues, and what they were divided into. Together they have every nonce once. */
export class ShareTable {
  readonly stride: number;
  readonly #space: Space;
  /** By number: the residue of a share, or a number ≡ to it. */
  readonly #slots = new Map<number, Slot>();
  /** The nonces that the controller has tested itself; those of before a restore are not known. */
  readonly #confirmed = new Set<bigint>();
  /** One of which something was not done when that was last looked for. */
  #open: Slot | undefined;

  constructor(space: Space, stride: number) {
    this.#space = space;
    this.stride = stride;
  }

  /** Whether no more shares are to be divided. */
  get isFull(): boolean {
    return this.#slots.size >= mostShares;
  }

  /** Makes every residue one share, reserved for the worker of its number. */
  reserveAll(known: RangeSet): void {
    for (let residue = 0; residue < this.stride; residue++) {
      const progress = new ResidueProgress(this.#space, this.stride, residue, known);
      this.add(newSlot(progress, { status: 'reserved', owner: residue }));
    }
  }

  /** Takes the shares of a snapshot. @throws RangeError when it contradicts itself */
  restore(snapshot: LedgerSnapshot, known: RangeSet, rivals: Rivals): void {
    const wrong = contradiction(snapshot);
    if (wrong !== undefined) throw contradictory(wrong);
    for (const { base, given, status, owner, ...report } of snapshot.residues) {
      const slot = this.#restored({ ...report, base }, known, { status, owner });
      this.add(Object.assign(slot, { given, isRestored: true }));
    }
    rivals.restoreCount(snapshot.doubled);
    for (const { worker, ...rival } of snapshot.rivals ?? [])
      rivals.restore(worker, this.#restored(rival, known, { status: 'orphaned', owner: undefined }));
  }

  /** @throws RangeError when it contradicts itself */
  #restored(
    { base, ...report }: ShareReport & { readonly base: ResidueReport },
    known: RangeSet,
    state: Pick<Slot, 'status' | 'owner'>,
  ): Slot {
    const before = new ResidueProgress(this.#space, this.stride, report.residue, known, report);
    const violation = before.violation(base) ?? before.violation(report);
    if (violation !== undefined) throw contradictory(violation);
    const slot = newSlot(before, state);
    slot.base.include(base);
    slot.progress.include(base);
    slot.progress.include(report);
    return slot;
  }

  /** How many nonces are done. */
  get count(): bigint {
    return this.map(({ progress }) => progress.count).reduce((sum, one) => sum + one, 0n);
  }

  add(slot: Slot): void {
    this.#slots.set(slot.progress.residue, slot);
  }

  find(residue: number): Slot | undefined {
    return this.#slots.get(residue);
  }

  /** @throws RangeError when there is no share of this number */
  get(residue: number): Slot {
    const slot = this.#slots.get(residue);
    if (!slot) throw new RangeError(`there is no residue ${residue} of ${this.#slots.size}`);
    return slot;
  }

  of(worker: number): Slot[] {
    return [...this.#slots.values()].filter(({ owner }) => owner === worker);
  }

  /** How many nonces below a bound are not done: of these shares, by default of all. */
  left(bound: bigint, shares: Iterable<{ readonly residue: number }> = this.#residues()): number {
    let sum = 0n;
    for (const { residue } of shares) sum += this.#slots.get(residue)?.progress.left(bound) ?? 0n;
    return Number(sum);
  }

  *#residues(): Generator<{ readonly residue: number }> {
    for (const residue of this.#slots.keys()) yield { residue };
  }

  /** From which nonce on a share is to be given back, for its owner to keep `keep` that are not done. */
  nonceAfter(residue: number, keep: bigint): bigint {
    return this.get(residue).progress.nonceAfter(keep);
  }

  /** The residue that a share is of. */
  residueOf(share: number): number {
    return share % this.stride;
  }

  /** Where a share begins and ends, unless with the space. */
  extentOf(share: number): Pick<Assignment, 'from' | 'until'> {
    return this.#slots.get(share)?.progress.extent ?? {};
  }

  /** The first nonce of a share that is not below a chunk which is done. */
  startOf(share: number): bigint {
    return this.get(share).progress.start;
  }

  /** What a share has of a chunk of its residue; undefined when that is nothing. */
  within(share: number, chunk: bigint): Range | undefined {
    return this.#slots.get(share)?.progress.rangeOf(chunk);
  }

  /** The shares of which everything is done, of workers that have more than so many of them. */
  finished(most: number): { readonly residue: number; readonly owner: number }[] {
    if (this.#slots.size <= most) return [];
    const byOwner = new Map<number, { readonly residue: number; readonly owner: number }[]>();
    for (const { status, owner, discredited, progress } of this.#slots.values()) {
      if (status !== 'held' || owner === undefined || discredited.size > 0) continue;
      if (progress.left(progress.until) > 0n) continue;
      const own = byOwner.get(owner) ?? [];
      own.push({ residue: progress.residue, owner });
      byOwner.set(owner, own);
    }
    return [...byOwner.values()].filter(({ length }) => length > most).flat();
  }

  /** The shares that are to be asked back because they build on what does not count, with their owners. */
  unsound(): { readonly residue: number; readonly owner: number }[] {
    return this.flatMap(unsoundOf);
  }

  /** The first chunk that is not done of a residue that a worker has; undefined before its first report after a restore. */
  nextOf(worker: number, residue: number): bigint | undefined {
    const slot = this.find(residue);
    return slot?.owner === worker && !slot.isRestored ? slot.progress.next : undefined;
  }

  /** Counts a nonce that the controller has tested itself as done whoever has its share. */
  confirm({ base }: Slot, nonce: bigint): void {
    base.includeNonce(nonce);
    this.#confirmed.add(nonce);
  }

  /** The nonces of a range that the controller has tested itself. */
  confirmed([lo, hi]: Range): bigint[] {
    return [...this.#confirmed].filter((nonce) => lo <= nonce && nonce < hi);
  }

  /**
   * Whether nothing of a range of the space, in one chunk, was done when the residue was given to its present owner, but for what
   * the controller has tested itself.
   */
  isOwnWork(worker: number, range: Range): boolean {
    const { owner, base } = this.at(range[0]);
    return owner === worker && base.isUntouched(range, this.confirmed(range));
  }

  /** What a worker has done itself in chunks that are not done as a whole, of the shares that it has. */
  unfinishedWork(worker: number): { readonly residue: number; readonly range: Range }[] {
    return this.of(worker).flatMap(({ status, progress, base }) => {
      if (status === 'reserved') return [];
      const own = new RangeSet(progress.report.done);
      for (const [lo, hi] of base.report.done) own.remove(lo, hi);
      return Array.from(own, (range) => ({ residue: progress.residue, range }));
    });
  }

  /** What a worker has. */
  assignments(worker: number): (Assignment & { readonly status: ResidueStatus })[] {
    return this.of(worker)
      .filter(({ status }) => status !== 'reserved')
      .map(({ progress, status }) => ({ ...assignmentOf(progress), status }));
  }

  /** The share that a nonce of the space belongs to. */
  at(nonce: bigint): Slot {
    const residue = Number(chunkOf(this.#space, nonce) % BigInt(this.stride));
    for (const slot of this.#slots.values()) {
      const { residue: number, from, until } = slot.progress;
      if (number % this.stride === residue && from <= nonce && nonce < until) return slot;
    }
    throw new RangeError(`no share has nonce ${nonce}`);
  }

  /** The shares that another one was divided into. */
  partsOf({ residue, from, until }: ResidueProgress): Slot[] {
    return [...this.#slots.values()].filter(
      ({ progress: part }) =>
        part.residue % this.stride === residue % this.stride && from <= part.from && part.until <= until,
    );
  }

  map<T>(look: (slot: Slot) => T): T[] {
    return Array.from(this.#slots.values(), look);
  }

  flatMap<T>(look: (slot: Slot) => readonly T[]): T[] {
    return [...this.#slots.values()].flatMap(look);
  }

  /** Whether something below a bound is not done. */
  hasWork(bound: bigint): boolean {
    // It is asked whenever somebody reports: as a rule the share that was open the last time is so still.
    if (this.#open && hasWork(this.#open, bound)) return true;
    this.#open = undefined;
    for (const slot of this.#slots.values()) {
      if (!hasWork(slot, bound)) continue;
      this.#open = slot;
      return true;
    }
    return false;
  }

  /**
   * Makes what a share has from a nonce on a share of its own, with the same owner.
   * @returns it; undefined when it would have nothing that is not done.
   */
  divide(slot: Slot, at: bigint): Slot | undefined {
    const { from, until, residue, start } = slot.progress;
    const cut = at > start ? at : start;
    if (cut >= until) return undefined;
    let number = residue + this.stride;
    while (this.#slots.has(number)) number += this.stride;
    const rest = partOf(slot, { residue: number, from: cut, until });
    if (rest.discredited.size === 0 && !rest.progress.hasWork(until)) return undefined;
    this.add(rest);
    this.add(Object.assign(slot, partOf(slot, { residue, from, until: cut })));
    return rest;
  }
}

function contradictory(why: string): RangeError {
  return new RangeError(`a snapshot that contradicts itself: ${why}`);
}
