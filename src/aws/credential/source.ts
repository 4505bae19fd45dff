import type { Section, SharedFiles } from './profile.ts';

/** Where the credentials of a call come from. */
export type CredentialSource =
  /** AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
  | { readonly kind: 'keys' }
  /** A profile that says itself where its credentials are. */
  | { readonly kind: 'profile'; readonly name: string }
  /** Web identity, container or instance role: what the SDK's default chain finds where neither of the above does. */
  | { readonly kind: 'chain' }
  /** A key without its secret. */
  | { readonly kind: 'half-a-key' }
  /** A profile that somebody named and that does not exist. */
  | { readonly kind: 'no-profile'; readonly name: string };

/** The profile that the environment names; the AWS CLI takes both variables, in this order. */
export function profileFromEnvironment(env: NodeJS.ProcessEnv): string | undefined {
  return env['AWS_DEFAULT_PROFILE'] || env['AWS_PROFILE'] || undefined;
}

/** The profile whose region and endpoints hold: named in the settings, or by the environment. */
export function profileOf(profile: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return profile ?? profileFromEnvironment(env);
}

/** What a profile may have of credentials (AWS SDKs and Tools Reference Guide, "Settings reference"). */
const sources: readonly (readonly [kind: string, setting: string])[] = [
  ['a role', 'role_arn'],
  ['a login to IAM Identity Center', 'sso_session'],
  ['a login to IAM Identity Center', 'sso_start_url'],
  ['keys', 'aws_access_key_id'],
  ['a web identity token', 'web_identity_token_file'],
  ['a credential_process', 'credential_process'],
  ['a session of aws login', 'login_session'],
];

/** What kinds of credentials a profile has: more than one, and SDK and CLI may choose differently. Pure. */
export function kindsOf(profile: Section | undefined): string[] {
  return [...new Set(sources.flatMap(([kind, setting]) => (profile?.[setting] === undefined ? [] : kind)))];
}

/**
 * Where credentials come from, as the AWS CLI decides it: a profile that is named in a flag or setting beats the keys in the
 * environment, one that only AWS_PROFILE names does not. (The SDK for JavaScript lets both beat them.) Pure.
 */
export function credentialSource(
  profile: string | undefined,
  env: NodeJS.ProcessEnv,
  { profiles }: SharedFiles,
): CredentialSource {
  if (profile === undefined) {
    const [key, secret] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
    if (key && secret) return { kind: 'keys' };
    if (key) return { kind: 'half-a-key' };
  }
  const name = profileOf(profile, env);
  if (name !== undefined && !profiles.has(name)) return { kind: 'no-profile', name };
  const settings = profiles.get(name ?? 'default');
  return kindsOf(settings).length > 0 || settings?.['credential_source'] !== undefined
    ? { kind: 'profile', name: name ?? 'default' }
    : { kind: 'chain' };
}

/** The source in words, for the plan. Pure. */
export function sourceText(source: CredentialSource, env: NodeJS.ProcessEnv): string {
  switch (source.kind) {
    case 'keys':
    case 'half-a-key':
      return 'the keys in AWS_ACCESS_KEY_ID';
    case 'profile':
    case 'no-profile': {
      const isFromEnvironment = profileFromEnvironment(env) === source.name;
      return `profile ${source.name}${isFromEnvironment ? ' (AWS_PROFILE)' : ''}`;
    }
    case 'chain':
      return env['AWS_WEB_IDENTITY_TOKEN_FILE'] ? 'a web identity token' : 'the role of this machine';
  }
}

/** Where the AWS CLI and the SDKs do not agree on whose credentials are taken, and which are taken here. Pure. */
export function sourceWarnings(
  profile: string | undefined,
  env: NodeJS.ProcessEnv,
  files: SharedFiles,
): { readonly message: string; readonly hint: string }[] {
  const source = credentialSource(profile, env, files);
  const named = profileFromEnvironment(env);
  if (source.kind === 'keys' && named !== undefined) {
    const message = `AWS_ACCESS_KEY_ID and AWS_PROFILE=${named} are both set: the keys are used, as the AWS CLI does; some SDKs use the profile`;
    return [{ message, hint: `unset one of them, or select the profile with --profile ${named}` }];
  }
  if (source.kind !== 'profile') return [];
  const kinds = kindsOf(files.profiles.get(source.name));
  if (kinds.length < 2) return [];
  return [
    {
      message: `profile ${source.name} has ${kinds.join(' and ')}: the AWS CLI and the SDKs may use different ones`,
      hint: `keep one of them in ${files.config} and ${files.credentials}`,
    },
  ];
}
