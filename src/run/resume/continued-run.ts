import type { View } from '../../event/view.ts';
import type { RunSnapshot } from './snapshot.ts';

/** A run that another process began, for the one that goes on with it. */
export interface ContinuedRun {
  readonly snapshot: RunSnapshot;
  /** Which of the controllers of the run this is. */
  readonly epoch: number;
  /** Who goes on with it, for the record. */
  readonly by: string;
  /** The views that are shown what was before. */
  readonly recalling: readonly View[];
}
