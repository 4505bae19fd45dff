import { join } from 'node:path';
import type { RunConfig } from '../config/config.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RunState } from '../state/run-state.ts';

/** What any `cnd` of this user is told of a run that this process drives. Pure. */
export function runNote(
  run: string,
  fleet: Fleet,
  { instances, timeLimit, logs }: Pick<RunConfig, 'instances' | 'timeLimit' | 'logs'>,
  startedAt: Date,
): Omit<RunState, 'controller'> {
  return {
    run,
    fleet: fleet.name,
    ...(fleet.where && { where: fleet.where }),
    ...(fleet.account !== undefined && { account: fleet.account }),
    instances,
    folder: join(logs.directory, run),
    startedAt: startedAt.toISOString(),
    expiresAt: expiryOf(startedAt, timeLimit, fleet).toISOString(),
  };
}

/** When the last of a run's dead-man's switches fires. Pure. */
export function expiryOf(startedAt: Date, timeLimit: number, { timing }: Pick<Fleet, 'timing'>): Date {
  return new Date(startedAt.getTime() + (timeLimit + timing.grace) * 1000);
}
