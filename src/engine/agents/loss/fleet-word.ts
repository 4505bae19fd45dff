import { CndError } from '../../../error.ts';
import { pause } from '../../../wait.ts';
import type { Watch } from '../../watch.ts';

/** Milliseconds for the fleet's word: an answer, and another. */
const timeout = 15_000;

/**
 * Where the way to an instance says that it is gone, its fleet tells why, in a moment: resolves when that has come, which aborts
 * `stop`, or does not come. Never rejects.
 */
export async function fleetWord(error: unknown, watch: Watch, stop: AbortSignal): Promise<void> {
  if (!(error instanceof CndError) || error.code !== 'pod-gone' || stop.aborted) return;
  watch.nudge();
  await pause(timeout, stop);
}
