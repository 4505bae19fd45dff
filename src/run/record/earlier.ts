import type { EventFields } from '../../event/event.ts';
import type { Coverage } from '../../search/coverage.ts';
import { Ledger } from '../../search/ledger.ts';
import type { Range, Space } from '../../search/search.ts';
import { noCoverage } from '../../search/coverage.ts';

/** What a run goes on with that resumes one that has ended. */
export interface EarlierRun {
  /** The run that it resumes. */
  readonly run: string;
  /** What was tested there, and is not tested again: ascending, merged. */
  readonly done: readonly Range[];
  /** How many nonces that is. */
  readonly tested: bigint;
  /** The candidate that it had: verified again before it counts. */
  readonly candidate?: { readonly nonce: bigint; readonly digest: string } | undefined;
}

/** What events say of it. Pure. */
export function earlierFields(
  earlier: EarlierRun | undefined,
): Pick<EventFields['run.planned'], 'resumes' | 'testedBefore'> {
  return earlier ? { resumes: earlier.run, testedBefore: `${earlier.tested}` } : {};
}

/** What is tested while nothing has searched yet: what was tested before. */
export function coverageOfNone(space: Space, earlier: EarlierRun | undefined): Coverage {
  return earlier ? new Ledger(space, 1, earlier.done).coverage() : noCoverage(space);
}
