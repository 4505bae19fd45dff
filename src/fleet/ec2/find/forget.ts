import { CndError, UsageError } from '../../../error.ts';
import {
  type LaunchRecord,
  isLaunchedWith,
  readLaunchHistory,
  writeLaunchHistory,
} from './launch-history.ts';

/** The last thing that keeps a profile from being forgotten: a run that may still have something. */
function unfinished(launches: readonly LaunchRecord[], now: number): LaunchRecord | undefined {
  const latest = launches.toSorted((a, b) => timeOf(b) - timeOf(a))[0];
  return latest && timeOf(latest) > now ? latest : undefined;
}

function timeOf({ until }: LaunchRecord): number {
  return Date.parse(until);
}

/**
 * Forgets that this user has launched with a profile: `ps` and `scram` no longer ask with it. `default` also means the
 * credentials that are there without a profile.
 * @throws UsageError when nothing is known of it, or a run that was launched with it may still have something.
 */
export async function forgetProfile(
  profile: string,
  env: NodeJS.ProcessEnv,
  now: number = Date.now(),
): Promise<LaunchRecord[]> {
  const all = await readLaunchHistory(env);
  const launches = all.filter((launch) => isLaunchedWith(launch, profile));
  if (launches.length === 0) {
    const known = [...new Set(all.map((launch) => launch.profile ?? 'default'))];
    throw new UsageError('unknown-profile', `nothing was launched with profile ${profile} from here`, {
      about: '--forget',
      hint: known.length > 0 ? `launches were made with: ${known.join(', ')}` : 'there is nothing to forget',
    });
  }
  const last = unfinished(launches, now);
  if (last) {
    const { run = 'a run', region, account, until } = last;
    const where = account === undefined ? region : `${region} of account ${account}`;
    throw new UsageError(
      'profile-in-use',
      `profile ${profile} is not forgotten: ${run} in ${where} may have instances until ${until}`,
      {
        about: '--forget',
        hint: `end it first, with credentials of that account: cnd scram --run ${last.run ?? '…'} --region ${region}; or wait until then`,
      },
    );
  }
  await writeLaunchHistory(
    env,
    all.filter((launch) => !launches.includes(launch)),
  );
  return launches;
}

/** Errors that may mean that a profile no longer exists. */
const gone = new Set(['aws-no-profile', 'aws-no-credentials', 'aws-bad-credentials']);

/** The failure of a profile that was launched with, and how to be rid of it where that is safe. Pure. */
export function withForgetting(
  error: unknown,
  profile: string | undefined,
  launches: readonly LaunchRecord[],
  now: number = Date.now(),
): unknown {
  const name = profile ?? 'default';
  const own = launches.filter((launch) => isLaunchedWith(launch, name));
  if (!(error instanceof CndError) || !gone.has(error.code) || own.length === 0) return error;
  const last = unfinished(own, now);
  const remedy = last
    ? `${last.run ?? 'a run'} that was launched with it in ${last.region} may have instances until ${last.until}`
    : `if it no longer exists, forget it: cnd scram --forget ${name}`;
  const hint = error.hint === undefined ? remedy : `${error.hint}; ${remedy}`;
  const { code, message, about, cause } = error;
  return new CndError(code, message, { hint, cause, ...(about !== undefined && { about }) });
}
