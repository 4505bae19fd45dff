import { jobLine } from '../../engine/agents/agent-order.ts';
import { detachedBundle } from '../../engine/agents/worker-bundle.ts';
import type { Start } from '../../clock.ts';
import type { RunConfig } from '../../config/config.ts';
import { UsageError } from '../../error.ts';
import type { Detaching } from '../../fleet/detached.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { expiryOf } from '../note.ts';
import { detachedPlanText } from './plan.ts';

/** What is launched, and when it began. */
export interface DetachedLaunch {
  readonly run: string;
  readonly config: RunConfig;
  readonly fleet: Fleet;
  readonly start: Start;
  /** Seconds since the start. */
  readonly elapsed: number;
}

/** Settings that need somebody who drives the run, and why. */
const drivenSettings: readonly (readonly [
  name: string,
  isGiven: (config: RunConfig) => boolean,
  why: string,
])[] = [
  ['smallest', ({ smallest }) => smallest, 'instances would have to hear of the hits of others'],
  ['replace', ({ replace }) => replace, 'nobody is there to launch another instance'],
  ['audit', ({ audit = 0 }) => audit > 0, 'nobody is there to check the work of the instances'],
  ['checkpoint', ({ checkpoint }) => checkpoint > 0, 'nobody is there to write checkpoints'],
];

/**
 * What a fleet can do for a run that is to be detached.
 * @param isServed A live report is to be served.
 * @throws UsageError when the fleet, or a setting, needs a controller.
 */
export function requireDetaching(config: RunConfig, fleet: Fleet, isServed = false): Detaching {
  const { detaching } = fleet;
  if (!detaching) {
    const message = `--detach is not possible on the fleet ${fleet.name}: its instances need a controller`;
    throw new UsageError('not-detachable', message, {
      about: 'detach',
      hint: 'omit --detach, or use --fleet kubernetes',
    });
  }
  const refuse = (name: string, why: string): UsageError =>
    new UsageError('not-detachable', `--${name} cannot be combined with --detach: ${why}`, {
      about: name,
      hint: name === 'checkpoint' ? 'give --checkpoint 0, or omit --detach' : `omit --${name} or --detach`,
    });
  if (isServed) throw refuse('web', 'cnd exits, and serves nothing');
  for (const [name, isGiven, why] of drivenSettings) if (isGiven(config)) throw refuse(name, why);
  return detaching;
}

/** Launches instances that search by themselves until T. @throws CndError when they cannot be had; then none is left. */
export async function launchDetached(
  { run, config, fleet, start, elapsed }: DetachedLaunch,
  signal: AbortSignal,
): Promise<void> {
  const detaching = requireDetaching(config, fleet);
  const { instances, timeLimit, puzzle, space, kernel } = config;
  const startedAt = new Date(start.wall);
  const seconds = timeLimit - detaching.reserve;
  const job = jobLine({
    run,
    worker: 0,
    puzzle,
    space,
    stride: instances,
    residues: [],
    threads: detaching.threads,
    seconds,
    linger: 0,
    smallest: false,
    kernel,
    broadcast: undefined,
  });
  const worker = await detachedBundle();
  await detaching.launch(
    {
      run,
      count: instances,
      lifetime: timeLimit + fleet.timing.grace - elapsed,
      expiresAt: expiryOf(startedAt, timeLimit, fleet),
      searchUntil: new Date(startedAt.getTime() + 1000 * seconds),
      searchSeconds: Math.max(1, seconds - elapsed),
      worker: worker.data,
      job,
      plan: detachedPlanText(run, config, startedAt),
    },
    signal,
  );
}
