import { costOf } from '../cost.ts';
import type { EventFields } from '../event/event.ts';
import type { Preflight } from '../fleet/preflight.ts';

/** What is known of a run's instances once it is over. */
export interface Paid {
  readonly instances: number;
  /** Seconds after the start: when the first of them may have been created; absent: none was. */
  readonly from: number | undefined;
  /** When all of them were said to be terminated; absent: not all were. */
  readonly until: number | undefined;
  /** When each was that is known to have been so, which may have been before the others; in any order. */
  readonly terminated?: readonly number[];
}

/**
 * What a run has cost at most: each instance from before the call that created it until it was over, or all were. Where that is not
 * confirmed it is what the run was said to cost at most. Nothing where instances cost nothing. Pure.
 */
export function spending(
  preflight: Preflight | undefined,
  { instances, from, until, terminated = [] }: Paid,
): Pick<EventFields['run.ended'], 'cost' | 'costBasis'> {
  if (!preflight || preflight.free === true) return {};
  const { cost: most, price, costBasis } = preflight;
  if (from === undefined) return { cost: 0, costBasis: 'nothing was launched' };
  if (!price) return { ...(costBasis !== undefined && { costBasis }) };
  if (until === undefined)
    return {
      ...(most !== undefined && { cost: most }),
      costBasis: `${price.basis}; not all instances are confirmed as terminated`,
    };
  const seconds = Array.from({ length: instances }, (_, k) => Math.min(until, terminated[k] ?? until) - from);
  return { cost: Math.min(most ?? Infinity, costOf(price, seconds)), costBasis: price.basis };
}
