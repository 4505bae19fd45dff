import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CndError, isMissing, messageOf } from '../../../error.ts';
import { withFileErrors } from '../../../file-error.ts';
import { readTextFile, replaceFile } from '../../../file.ts';
import { makeStateRoot, openStateRoot, statePlace, stateRoot } from '../../../state/state.ts';

/** One way in which this user has launched on EC2. */
export interface Use {
  readonly region: string;
  readonly profile?: string | undefined;
}

const useFile = z.array(z.object({ region: z.string(), profile: z.string().optional() }));

/** Kept when runs end: `cnd scram` must not believe that there is nothing on EC2 only because it cannot be asked. */
function usePath(env: NodeJS.ProcessEnv): string {
  return join(stateRoot(env), 'ec2.json');
}

/**
 * Notes, before the launch, that this user launches on EC2; with the profile that AWS_PROFILE names, which another shell
 * will not have.
 */
export async function markUse(env: NodeJS.ProcessEnv, { region, profile }: Use): Promise<void> {
  const use = { region, profile: profile ?? (env['AWS_PROFILE'] || undefined) };
  const uses = await readUses(env);
  if (uses.some((other) => other.region === use.region && other.profile === use.profile)) return;
  await makeStateRoot(env);
  const path = usePath(env);
  await withFileErrors(statePlace(env), path, 'written', () =>
    // Whole or not at all, and on the disk: a torn file would forget where else there may be something.
    replaceFile(path, `${JSON.stringify([...uses, use])}\n`, { sync: true }),
  );
}

/**
 * Where, and with which profiles, this user has launched on EC2 before.
 * @throws CndError when that is noted but cannot be read: then nobody knows where to look.
 */
export async function readUses(env: NodeJS.ProcessEnv): Promise<Use[]> {
  await openStateRoot(env);
  const path = usePath(env);
  try {
    return useFile.parse(JSON.parse(await readTextFile(path)));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new CndError(
      'state-damaged',
      `the regions and profiles that were launched with cannot be read: ${messageOf(cause)}`,
      { about: path, hint: `look in each region with: cnd scram --region REGION; then: rm ${path}`, cause },
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
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ];
  if (variables.some((name) => env[name])) return true;
  const home = join(env['HOME'] ?? homedir(), '.aws');
  const files = [
    env['AWS_CONFIG_FILE'] ?? join(home, 'config'),
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, 'credentials'),
  ];
  return files.some(isFilled) || isOnEc2(env);
}

function isFilled(path: string): boolean {
  try {
    return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
  } catch {
    return true; // it cannot be seen that there is none
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
