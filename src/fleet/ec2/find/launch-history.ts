import { readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { credentialSource, profileFromEnvironment } from '../../../aws/credential/source.ts';
import { readSharedFiles } from '../../../aws/credential/profile.ts';
import { CndError, isMissing, messageOf } from '../../../error.ts';
import { withFileErrors } from '../../../file-error.ts';
import { readTextFile, replaceFile, homeDirectory } from '../../../file.ts';
import { makeStateRoot, openStateRoot, statePlace, stateRoot } from '../../../state/state.ts';

/** One way in which this user has launched on EC2, and what is known of the last of those launches. */
export interface LaunchRecord {
  readonly region: string;
  readonly profile?: string | undefined;
  readonly account?: string | undefined;
  readonly run?: string | undefined;
  /** When the last of them is over: T + grace after its start, ISO 8601. */
  readonly until: string;
}

const launchHistory = z.array(
  z.object({
    region: z.string(),
    profile: z.string().optional(),
    account: z.string().optional(),
    run: z.string().optional(),
    until: z.iso.datetime().optional(),
  }),
);

/** Milliseconds that a run may last at most, and some more: T is at most a day. */
const longestRun = 25 * 3600 * 1000;

/** Kept when runs end: `cnd scram` must not believe that there is nothing on EC2 only because it cannot be asked. */
function historyPath(env: NodeJS.ProcessEnv): string {
  return join(stateRoot(env), 'ec2.json');
}

/** A launch that is about to be made. */
export interface NewLaunch extends Omit<LaunchRecord, 'until'> {
  readonly expiresAt: Date;
}

/**
 * Notes, before the launch, that this user launches on EC2; with the profile that AWS_PROFILE names, which another shell
 * will not have.
 */
export async function recordLaunch(
  env: NodeJS.ProcessEnv,
  { expiresAt, ...launched }: NewLaunch,
): Promise<void> {
  const profile = launched.profile ?? profileUsed(env);
  const launch = { ...launched, profile, until: expiresAt.toISOString() };
  const launches = await readLaunchHistory(env);
  const isSame = (other: LaunchRecord): boolean =>
    other.region === launch.region &&
    other.profile === profile &&
    (other.account ?? launch.account) === launch.account;
  const before = launches.find(isSame);
  // Of two runs at a time the one that lasts longer counts.
  const latest = before && before.until > launch.until ? before : launch;
  await writeLaunchHistory(env, [...launches.filter((other) => !isSame(other)), latest]);
}

/** Writes all of it, whole or not at all, and to the disk: a torn file would forget where else there may be something. */
export async function writeLaunchHistory(
  env: NodeJS.ProcessEnv,
  launches: readonly LaunchRecord[],
): Promise<void> {
  await makeStateRoot(env);
  const path = historyPath(env);
  await withFileErrors(statePlace(env), path, 'written', () =>
    replaceFile(path, `${JSON.stringify(launches)}\n`, { sync: true }),
  );
}

/** Whether a launch was made with a profile; `default` also means no profile at all. Pure. */
export function isLaunchedWith({ profile = 'default' }: LaunchRecord, name: string): boolean {
  return profile === name;
}

/** The profile that the environment leads to; undefined where its keys are what is used, or the default credentials. */
function profileUsed(env: NodeJS.ProcessEnv): string | undefined {
  const { kind } = credentialSource(undefined, env, readSharedFiles(env));
  return kind === 'keys' ? undefined : profileFromEnvironment(env);
}

/**
 * Where, and with which profiles, this user has launched on EC2 before.
 * @throws CndError when that is noted but cannot be read: then nobody knows where to look.
 */
export async function readLaunchHistory(env: NodeJS.ProcessEnv): Promise<LaunchRecord[]> {
  await openStateRoot(env);
  const path = historyPath(env);
  try {
    const launches = launchHistory.parse(JSON.parse(await readTextFile(path)));
    // Older versions of cnd did not note how long a run may last.
    const fallback = new Date((await stat(path)).mtimeMs + longestRun).toISOString();
    return launches.map(({ until = fallback, ...launch }) => ({ ...launch, until }));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new CndError(
      'state-damaged',
      `the regions and profiles of earlier launches cannot be read: ${messageOf(cause)}`,
      { about: path, hint: `check each region with: cnd scram --region REGION; then: rm ${path}`, cause },
    );
  }
}

/**
 * Whether anything here tells of an AWS account: who has never had to do with AWS is not made to wait for it. The places
 * are those of the SDK's default credential chain.
 */
export function hasAwsAccount(env: NodeJS.ProcessEnv): boolean {
  const variables = [
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_DEFAULT_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ];
  if (variables.some((name) => env[name])) return true;
  const home = join(homeDirectory(env), '.aws');
  const files = [
    env['AWS_CONFIG_FILE'] ?? join(home, 'config'),
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, 'credentials'),
  ];
  return files.some(isFilled) || isOnEc2(env);
}

/** Whether there is something in a file; one that cannot be looked at may have something. */
function isFilled(path: string): boolean {
  try {
    return statSync(path).size > 0;
  } catch (error) {
    return !isMissing(error);
  }
}

/** On an instance of EC2 a role may be all there is (EC2 User Guide, "Detect whether a host is an EC2 instance"). */
function isOnEc2(env: NodeJS.ProcessEnv): boolean {
  if (env['AWS_EC2_METADATA_DISABLED'] === 'true') return false;
  try {
    return readFileSync('/sys/devices/virtual/dmi/id/sys_vendor', 'utf8').startsWith('Amazon EC2');
  } catch {
    return false;
  }
}
