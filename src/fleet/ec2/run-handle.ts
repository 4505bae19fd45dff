import { z } from 'zod';
import type { Access } from '../../session/ssh/access.ts';
import { parseHandle } from '../handle.ts';
import { LaunchState } from './launch/launch-state.ts';

const runHandle = z.object({
  region: z.string(),
  instances: z.array(z.object({ id: z.string(), index: z.int().nonnegative() })).max(100_000),
  user: z.string(),
  port: z.int(),
  /** The public halves of the keys that were made for the instances. */
  hostKeys: z.array(z.string()),
  group: z.object({ id: z.string(), sources: z.array(z.string()) }).optional(),
  syslog: z.enum(['file', 'journal', 'either']),
  /** When RunInstances last answered, in milliseconds since the epoch; absent in handles of older versions. */
  launchedAt: z.number().optional(),
  /** More may have been launched than the handle tells of: replacements, whose call nobody was told the outcome of. */
  replaces: z.boolean().optional(),
});

/** What is kept of a run on EC2 for another process: which instances, and how they are reached; no secrets. */
export type RunHandle = z.output<typeof runHandle>;

/** What two clocks say at one moment, in milliseconds. */
export interface ClockReading {
  /** `performance.now()` of this process. */
  readonly monotonic: number;
  /** Since the epoch. */
  readonly wall: number;
}

/** The handle of a run that this process launched. Pure. */
export function runHandleOf(
  { known, login, group, launchedAt, replaces }: LaunchState,
  { region, syslog, now }: Pick<RunHandle, 'region' | 'syslog'> & { readonly now: ClockReading },
): RunHandle {
  return {
    region,
    instances: [...known].map(([id, index]) => ({ id, index })),
    user: login?.user ?? '',
    port: login?.port ?? 22,
    hostKeys: [...(login?.hostKeys ?? [])],
    ...(group && { group: { id: group.id, sources: [...group.sources] } }),
    syslog,
    launchedAt: now.wall - (now.monotonic - launchedAt),
    ...(replaces && { replaces }),
  };
}

/** @throws CndError `handle-damaged` */
export function parseRunHandle(run: string, handle: unknown): RunHandle {
  return parseHandle(runHandle, run, handle);
}

/** The launch as this process would know it, had it made it. Pure. */
export function restoredLaunch(
  { instances, user, port, hostKeys, group, launchedAt, replaces = false }: RunHandle,
  {
    privateKey,
    jump,
    now,
  }: Pick<Access, 'jump'> & { readonly privateKey: string | undefined; readonly now: ClockReading },
): LaunchState {
  const launchState = new LaunchState();
  for (const { id, index } of instances) launchState.known.set(id, index);
  launchState.login = {
    user,
    port,
    hostKeys,
    ...(privateKey !== undefined && { privateKey }),
    ...(jump && { jump }),
  };
  // What is not shown yet of a launch that was a moment ago is not gone.
  if (launchedAt !== undefined) launchState.launchedAt = now.monotonic - Math.max(0, now.wall - launchedAt);
  // A ClientToken that the other process may have used would launch nothing new: it counted from 0.
  launchState.attempts = Math.floor(now.wall);
  launchState.replaces = replaces;
  launchState.outcomeUnknown = replaces;
  launchState.group = group && { id: group.id, sources: new Set(group.sources) };
  return launchState;
}

/** A launch that another process was killed in: whatever it asked for may still have its effect. Pure. */
export function unknownLaunch(monotonic: number): LaunchState {
  const launchState = new LaunchState();
  launchState.launchedAt = monotonic;
  launchState.groupRequestedAt = monotonic;
  launchState.outcomeUnknown = true;
  return launchState;
}
