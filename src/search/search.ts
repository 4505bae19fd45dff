/** A half-open range of nonces: `lo` is in it, `hi` is not. */
export type Range = readonly [lo: bigint, hi: bigint];

/** The nonces searched, [from, limit), dealt in chunks of `chunk` nonces counted from `from` (the last may be shorter). */
export interface Space {
  readonly from: bigint;
  readonly limit: bigint;
  readonly chunk: bigint;
}

/**
 * What a worker is told to search: the chunks ≡ `residue` mod N, from chunk `next` on. A residue that was divided is several
 * shares, each with its own number: `residue` itself, and from N on others that are ≡ to it.
 */
export interface Assignment {
  readonly residue: number;
  readonly next: bigint;
  /** The share has only the nonces from here on. Absent: from the beginning of the space. */
  readonly from?: bigint;
  /** The share has only the nonces below. Absent: up to the limit of the space. */
  readonly until?: bigint;
  /** What is done at or above the start of `next`, ascending; it may reach over chunks of other residues. Absent: nothing. */
  readonly done?: readonly Range[];
}

/** What a worker says of a share: every chunk before `next` is done, and so are the ranges `done` above its start. */
export interface ResidueReport {
  readonly residue: number;
  readonly next: bigint;
  readonly done: readonly Range[];
}

/** What is done of a share, and which nonces of its residue it has. */
export interface ShareReport extends ResidueReport {
  readonly from: bigint;
  readonly until: bigint;
}

/**
 * Who has a share. `reserved`: kept for a worker that is still on its way; `held`: its owner searches it (in flight);
 * `releasing`: its owner was asked to give it, or a part of it, back; `orphaned`: nobody (lost, until it is adopted).
 */
export type ResidueStatus = 'reserved' | 'held' | 'releasing' | 'orphaned';

/** A share as the assignment policy sees it. */
export interface ResidueState {
  readonly residue: number;
  readonly next: bigint;
  readonly status: ResidueStatus;
  /** The worker that has it; undefined exactly when it is orphaned. */
  readonly owner: number | undefined;
  /** How many nonces of it below the bound (or the limit) are not done yet, as far as is known. */
  readonly left: number;
}
