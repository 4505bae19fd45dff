import type { Archive } from '../../archive/archive.ts';
import { type RunConfig, resolveConfig } from '../../config/config.ts';
import { readConfigFile } from '../../config/file.ts';
import { resumedLayer } from '../../config/resumed.ts';
import { CndError } from '../../error.ts';
import type { Emit, EventFields, EventName } from '../../event/event.ts';
import { EventStream } from '../../event/stream.ts';
import type { View } from '../../event/view.ts';
import { fleetKinds } from '../../fleet/registry.ts';
import { type ToldEvent, keeping, tellPlan } from '../../run/detached/conclude.ts';
import { DetachedHistory } from '../../run/detached/history.ts';
import { parseDetachedPlan } from '../../run/detached/plan.ts';
import { SetClock } from '../../run/detached/set-clock.ts';
import type { Arguments } from '../command.ts';
import { text } from '../logs/logs.ts';
import type { FoundDetachedRun } from './find.ts';

/** What a detached run was to do. */
export interface DetachedContext {
  readonly config: RunConfig;
  readonly startedAt: Date;
}

/** Reads what was launched with a run, and judges it like any settings. @throws CndError `plan-damaged`; UsageError */
export async function readDetachedContext(
  { fleet, found: { run, plan } }: FoundDetachedRun,
  given: Arguments,
  env: NodeJS.ProcessEnv,
): Promise<DetachedContext> {
  const { startedAt, settings } = parseDetachedPlan(plan, run);
  if (settings.config.fleet !== fleet.name)
    throw new CndError('plan-damaged', `the plan of ${run} is that of another fleet`, { about: run });
  const file = await readConfigFile(text(given['config']));
  const config = resolveConfig({ flags: {}, env, file, resumed: resumedLayer(settings, fleetKinds) });
  return { config, startedAt };
}

/** What was seen of a detached run until it ended, or nobody wanted to see more. */
export interface FollowedRun {
  readonly history: DetachedHistory;
  readonly told: readonly ToldEvent[];
}

/** Shows a detached run until it has ended, or the signal aborts. @throws as `Detaching.follow` */
export async function followDetached(
  { detaching, found: { run } }: FoundDetachedRun,
  { config, startedAt }: DetachedContext,
  archive: Archive,
  view: View,
  signal: AbortSignal,
): Promise<FollowedRun> {
  const clock = new SetClock(startedAt.getTime());
  clock.set(startedAt);
  const stream = new EventStream(run, () => clock.wall(), [view]);
  tellPlan(stream.emit, { config, archive, run });
  const told: ToldEvent[] = [];
  const emitAt =
    (time: Date): Emit =>
    <Name extends EventName>(event: Name, fields: EventFields[Name]) => {
      clock.set(time);
      stream.emit(event, fields);
      keeping(told, time)(event, fields);
    };
  const history = new DetachedHistory({ config, startedAt, emitAt });
  for await (const look of detaching.follow(run, signal)) history.take(look);
  return { history, told };
}
