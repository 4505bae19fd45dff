import type { FoundRun } from './fleet.ts';

/** What a run leaves behind that costs next to nothing and is not its fleet's: a queue. */
export interface Orphan {
  readonly run: string;
  /** What it is, in words that name it: `queue cnd-…`. */
  readonly what: string;
  /** Whose it is, as its tags say. */
  readonly owner: string | undefined;
  readonly expiresAt: Date | undefined;
  /** See `FoundRun.announced`. */
  readonly announced?: FoundRun['announced'];
}

/** One kind of such things, in one place. Found by tags alone, like all that is cnd's. */
export interface OrphanKind {
  readonly name: string;
  /**
   * All that exist; one that cannot be looked at does not hide the others.
   * @param owners Whose announcements are looked at as well, if anybody's: nobody else's things are touched.
   * @throws CndError when none can be looked at.
   */
  find(owners?: ReadonlySet<string>): Promise<readonly Orphan[]>;
  /** Deletes what there is of a run; idempotent. */
  remove(run: string): Promise<void>;
}
