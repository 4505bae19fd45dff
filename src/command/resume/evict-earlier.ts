import type { RunConfig } from '../../config/config.ts';
import { messageOf } from '../../error.ts';
import type { Eviction } from '../../fleet/fleet.ts';
import { plural } from '../../quantity.ts';
import type { Refuse, UnendedRun } from './past-run.ts';

/**
 * Ends what is left of a run on machines that live on, where nothing here tells which of them it used: on all that the new run may
 * use. Only these are contacted, whatever the archive says. Where that is not confirmed of all that the run had, its own bounds must be over.
 * @throws CndError as `refuse` makes it.
 */
export async function evictEarlier(
  run: string,
  unended: UnendedRun,
  { fleet: name, fleetKind, fleetConfig }: Pick<RunConfig, 'fleet' | 'fleetKind' | 'fleetConfig'>,
  env: NodeJS.ProcessEnv,
  { tell, refuse }: { readonly tell: (message: string) => void; readonly refuse: Refuse },
): Promise<void> {
  const fleet = name === unended.fleet ? await fleetKind.open(fleetConfig, env) : undefined;
  const evictions = (await fleet?.evict?.(run)) ?? [];
  const left = unconfirmed(unended, evictions);
  const then = unended.expiresAt.toISOString();
  const clean = evictions.filter(({ error }) => error === undefined).length;
  if (left === undefined) return tell(`${run}: nothing of it is left on ${plural(clean, 'host')}`);
  if (unended.expiresAt.getTime() < Date.now())
    return tell(`${left}; its workers there have ended by themselves by ${then}`);
  const hint = `name its hosts as they were named then, with --hosts; or resume it after ${then}, when its workers have ended by themselves`;
  throw refuse(left, hint);
}

/** Where something of a run may be left, in words; undefined where nothing is. Pure. */
export function unconfirmed(
  { instances, count }: Pick<UnendedRun, 'instances' | 'count'>,
  evictions: readonly Eviction[],
): string | undefined {
  const clean = new Set(evictions.filter(({ error }) => error === undefined).map(({ id }) => id));
  const failed = evictions.find(
    ({ id, error }) => error !== undefined && (instances.length === 0 || instances.includes(id)),
  );
  const why = failed ? `: ${messageOf(failed.error)}` : '';
  if (instances.length === 0)
    return clean.size < count
      ? `it had ${plural(count, 'host')}, and ${clean.size} are seen to be clean${why}`
      : undefined;
  const left = instances.filter((id) => !clean.has(id));
  return left.length > 0 ? `it may still search on ${left.join(', ')}${why}` : undefined;
}
