/** A half-open range of nonces: `lo` is in it, `hi` is not. */
export type Range = readonly [lo: bigint, hi: bigint];

/** The nonces searched, [from, limit), dealt in chunks of `chunk` nonces counted from `from` (the last may be shorter). */
export interface Space {
  readonly from: bigint;
  readonly limit: bigint;
  readonly chunk: bigint;
}

/** What a worker is told to search: the chunks ≡ `residue` mod N, from chunk `next` on. */
export interface Assignment {
  readonly residue: number;
  readonly next: bigint;
  /** What is done at or above the start of `next`, ascending; it may reach over chunks of other residues. Absent: nothing. */
  readonly done?: readonly Range[];
}

/** What a worker says of a residue: every chunk before `next` is done, and so are the ranges `done` above its start. */
export interface ResidueReport {
  readonly residue: number;
  readonly next: bigint;
  readonly done: readonly Range[];
}

/**
 * Who has a residue. `reserved`: kept for a worker that is still on its way; `held`: its owner searches it (in flight);
 * `releasing`: its owner was asked to give it back; `orphaned`: nobody (lost, until it is adopted).
 */
export type ResidueStatus = 'reserved' | 'held' | 'releasing' | 'orphaned';

/** A residue as the assignment policy sees it. */
export interface ResidueState {
  readonly residue: number;
  readonly next: bigint;
  readonly status: ResidueStatus;
  /** The worker that has it; undefined exactly when it is orphaned. */
  readonly owner: number | undefined;
  /** Something below the bound (or the limit) is not done yet. */
  readonly work: boolean;
}
