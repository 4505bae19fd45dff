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
});

/** What is kept of a run on EC2 for another process: which instances, and how they are reached; no secrets. */
export type RunHandle = z.output<typeof runHandle>;

/** The handle of a run that this process launched. Pure. */
export function runHandleOf(
  { known, login, group }: Pick<LaunchState, 'known' | 'login' | 'group'>,
  { region, syslog }: Pick<RunHandle, 'region' | 'syslog'>,
): RunHandle {
  return {
    region,
    instances: [...known].map(([id, index]) => ({ id, index })),
    user: login?.user ?? '',
    port: login?.port ?? 22,
    hostKeys: [...(login?.hostKeys ?? [])],
    ...(group && { group: { id: group.id, sources: [...group.sources] } }),
    syslog,
  };
}

/** @throws CndError `handle-damaged` */
export function parseRunHandle(run: string, handle: unknown): RunHandle {
  return parseHandle(runHandle, run, handle);
}

/** The launch as this process would know it, had it made it. Pure. */
export function restoredLaunch(
  { instances, user, port, hostKeys, group }: RunHandle,
  { privateKey, jump }: Pick<Access, 'jump'> & { readonly privateKey: string | undefined },
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
  launchState.group = group && { id: group.id, sources: new Set(group.sources) };
  return launchState;
}
