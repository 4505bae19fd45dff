import type { STSClientConfig } from '@aws-sdk/client-sts';
import { halfAKey, noSuchProfile, profileFailure } from './failure.ts';
import { type CredentialSource, credentialSource } from './source.ts';
import type { SharedFiles } from './profile.ts';

/** What a client of the SDK takes as its credentials. */
export type CredentialProvider = Extract<
  NonNullable<STSClientConfig['credentials']>,
  (...input: never[]) => unknown
>;

/**
 * The credentials of a client, from where the AWS CLI has them; undefined: from the SDK's default chain. A profile is asked
 * alone: the chain would go on to what else there may be (an instance's role), and tell only the last failure.
 * @param requestHandler What the clients that a profile needs, of STS and SSO, send their requests with.
 */
export function credentialProvider(
  profile: string | undefined,
  env: NodeJS.ProcessEnv,
  files: SharedFiles,
  requestHandler: object,
): CredentialProvider | undefined {
  const source = credentialSource(profile, env, files);
  switch (source.kind) {
    case 'keys':
      return async () => keysOf(env);
    case 'half-a-key':
    case 'no-profile':
      return async () => Promise.reject(unusable(source, files) ?? new Error('no credentials'));
    case 'profile': {
      const { name } = source;
      return async (properties) => {
        const { fromIni } = await import('@aws-sdk/credential-provider-ini');
        try {
          const { config: configFilepath, credentials: filepath } = files;
          const init = { profile: name, configFilepath, filepath, clientConfig: { requestHandler } };
          return await fromIni(init)(properties);
        } catch (error) {
          throw profileFailure(name, error, files);
        }
      };
    }
    case 'chain':
      return undefined;
  }
}

/** Why a source that was named can't be used at all; undefined: it may be. Pure. */
export function unusable(source: CredentialSource, files: SharedFiles): Error | undefined {
  if (source.kind === 'half-a-key') return halfAKey();
  return source.kind === 'no-profile' ? noSuchProfile(source.name, files) : undefined;
}

function keysOf(env: NodeJS.ProcessEnv) {
  const { AWS_SESSION_TOKEN: sessionToken, AWS_CREDENTIAL_EXPIRATION: expires } = env;
  return {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    ...(sessionToken && { sessionToken }),
    ...(expires && { expiration: new Date(expires) }),
  };
}
