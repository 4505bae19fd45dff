import type { RunConfig } from '../../config/config.ts';
import { UsageError } from '../../error.ts';
import type { Preflight } from '../../fleet/preflight.ts';
import type { KernelChoice } from '../../kernel/choice.ts';
import { dollars, plural } from '../../quantity.ts';

/** Asks whoever watches; undefined when the signal aborted first, or nobody can be asked any more. */
export type Ask = (question: string, signal: AbortSignal) => Promise<boolean | undefined>;

/** What a user who pays is asked about before anything is launched, one sentence each; none: nothing is asked. Pure. */
export function concerns(
  { confirmAbove }: Pick<RunConfig, 'confirmAbove'>,
  preflight: Preflight | undefined,
  kernel: KernelChoice,
): string[] {
  if (!preflight || preflight.free === true) return [];
  const { cost, costBasis } = preflight;
  const basis = costBasis === undefined ? '' : ` (${costBasis})`;
  const found: string[] = [];
  if (cost === undefined && preflight.unpriced !== true) found.push(`What the run costs is unknown${basis}.`);
  else if (cost !== undefined && cost > confirmAbove)
    found.push(
      `The run may cost $${dollars(cost)}, more than the $${dollars(confirmAbove)} of confirmAbove${basis}.`,
    );
  if (kernel.isMissing && kernel.warning) found.push(`${kernel.warning.message}.`);
  return found;
}

/** What a launch is confirmed by. */
export interface Confirmation {
  readonly config: RunConfig;
  readonly preflight?: Preflight | undefined;
  readonly kernel: KernelChoice;
  /** Absent: nobody is asked. */
  readonly ask?: Ask | undefined;
}

/**
 * Has the user confirm the launch where there is a reason to, and somebody who can be asked, before `limit` aborts.
 * @throws UsageError when the answer is no, or there is none: nothing is to be launched.
 */
export async function confirmLaunch(
  { ask, config, preflight, kernel }: Confirmation,
  limit: AbortSignal,
): Promise<void> {
  const reasons = concerns(config, preflight, kernel);
  if (!ask || reasons.length === 0) return;
  const answer = await ask(`${reasons.join(' ')} Launch ${plural(config.instances, 'instance')}?`, limit);
  if (answer === true) return;
  const why = answer === false ? 'the launch was declined' : 'nobody confirmed the launch in time';
  throw new UsageError('not-confirmed', `${why}: nothing was launched`, {
    about: 'confirmAbove',
    hint: 'give --yes to launch without being asked, or raise --confirm-above; --max-cost bounds the cost',
  });
}
