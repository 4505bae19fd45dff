import { credentialSource } from '../../../aws/credential/source.ts';
import { readSharedFiles } from '../../../aws/credential/profile.ts';
import type { Check } from '../../preflight.ts';
import type { Ec2Api } from '../api.ts';

/**
 * Warns of credentials that are over before the run is: without them nothing can be terminated from here. Only those that
 * come from the environment are, as nobody renews them; the SDK renews the others by itself.
 * @param seconds Until the run is over at the latest.
 */
export async function checkExpiry(
  api: Ec2Api,
  env: NodeJS.ProcessEnv,
  seconds: number,
  now: number = Date.now(),
): Promise<Check | undefined> {
  const { kind } = credentialSource(api.settings.profile, env, readSharedFiles(env));
  if (!env['AWS_SESSION_TOKEN'] || kind !== 'keys') return undefined;
  // Who calls is known by now, so that what goes wrong here is told elsewhere.
  const { expiration } = await (
    await api.ec2()
  ).config
    .credentials()
    .catch(() => ({ expiration: undefined }));
  if (!expiration || expiration.getTime() > now + seconds * 1000) return undefined;
  return {
    name: 'credentials',
    outcome: 'warning',
    message: `they expire at ${expiration.toISOString().slice(11, 19)} UTC, before the run may have ended: after that, only the dead-man's switch on each instance can terminate it`,
    hint: 'get new ones first, or give a shorter --T',
  };
}
