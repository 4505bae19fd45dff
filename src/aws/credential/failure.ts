import type { Section, SharedFiles } from './profile.ts';
import { property } from '../property.ts';

/** Credentials could not be had, in words for people: why, and what to do. What the SDK said is the cause. */
export class CredentialFailure extends Error {
  readonly errorKind: 'no-credentials' | 'no-profile' | 'expired';
  readonly remedy: string;

  constructor(errorKind: CredentialFailure['errorKind'], message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'CredentialFailure';
    this.errorKind = errorKind;
    this.remedy = remedy;
  }
}

/** A profile that somebody named and that is in neither file. Pure. */
export function noSuchProfile(
  name: string,
  { config, credentials, profiles }: SharedFiles,
): CredentialFailure {
  const known = [...profiles.keys()].toSorted().slice(0, 20);
  const remedy =
    known.length > 0 ? `there are: ${known.join(', ')}` : `create it with: aws configure --profile ${name}`;
  return new CredentialFailure(
    'no-profile',
    `there is no profile ${name} in ${config} or ${credentials}`,
    remedy,
  );
}

/** A key in the environment that lacks its secret. */
export function halfAKey(): CredentialFailure {
  const message = 'AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not';
  return new CredentialFailure('no-credentials', message, 'set both, or neither');
}

/**
 * Why a profile gives no credentials. The SDK's words are those of the versions in package-lock.json, a test holds them.
 * What is no failure of the profile itself (STS denied the role, no network) is given back as it is. Pure.
 */
export function profileFailure(name: string, error: unknown, files: SharedFiles): unknown {
  if (property(error, '$metadata') !== undefined || !(error instanceof Error)) return error;
  const { message } = error;
  const chain = sourceChain(name, files);
  const asks = (setting: string): string =>
    chain.find(([, profile]) => profile?.[setting] !== undefined)?.[0] ?? name;
  const fail = (why: string, remedy: string, errorKind: CredentialFailure['errorKind'] = 'no-credentials') =>
    new CredentialFailure(errorKind, why, remedy, error);
  const missing = chain.find(([, profile]) => profile === undefined);
  if (missing) {
    const [source] = missing;
    const from = chain.at(-2)?.[0] ?? name;
    return fail(
      `profile ${from} takes its credentials from profile ${source} (source_profile), which does not exist`,
      `create it with: aws configure --profile ${source}; or correct source_profile in ${files.config}`,
    );
  }
  if (/multi-factor authentication/.test(message)) {
    const command = `eval "$(aws configure export-credentials --profile ${name} --format env)"`;
    return fail(
      `profile ${asks('mfa_serial')} asks for an MFA code, which cnd cannot prompt for`,
      `let the AWS CLI prompt for it, then omit --profile and ec2.profile: ${command}`,
    );
  }
  if (message.startsWith('Command failed: ') || message.includes('credential_process')) {
    const profile = asks('credential_process');
    return fail(
      processWords(profile, message),
      `run the credential_process of [${title(profile)}] in ${files.config} by hand to see why; cnd prints neither its arguments nor its output`,
    );
  }
  if (chain.some(([, profile]) => profile?.['login_session'] !== undefined)) {
    const profile = asks('login_session');
    const isOver = /expired|reauthenticate|re-authenticate|refresh/i.test(message);
    return fail(
      isOver
        ? `the session of aws login of profile ${profile} has expired`
        : `profile ${profile} is not logged in`,
      `log in with: aws login --profile ${profile}`,
      isOver ? 'expired' : 'no-credentials',
    );
  }
  if (/sso/i.test(message) || chain.some(([, profile]) => isSso(profile))) {
    const profile = chain.find(([, settings]) => isSso(settings))?.[0] ?? name;
    if (
      /missing required property|could not be found in shared|invalid SSO credentials|Conflicting/.test(
        message,
      )
    )
      return fail(
        `the SSO settings of profile ${profile} are incomplete`,
        `repair them with: aws configure sso --profile ${profile}`,
      );
    const isOver = /expired/i.test(message);
    return fail(
      isOver
        ? `the SSO session of profile ${profile} has expired`
        : `profile ${profile} is not logged in to IAM Identity Center`,
      `log in with: aws sso login --profile ${profile}`,
      'expired',
    );
  }
  if (!/^(Credentials|Token)ProviderError$/.test(error.name)) return error;
  return fail(
    `profile ${name} provides no credentials`,
    `inspect it with: aws configure list --profile ${name}`,
  );
}

function processWords(profile: string, message: string): string {
  if (/returned expired/.test(message))
    return `the credential_process of profile ${profile} returned credentials that have expired`;
  if (!message.startsWith('Command failed: '))
    return `the credential_process of profile ${profile} does not print credentials in the format that AWS requires`;
  const output = message.slice(message.indexOf('\n') + 1);
  return /not found|no such file|permission denied|not recognized/i.test(output)
    ? `the program that profile ${profile} has as its credential_process cannot be run`
    : `the credential_process of profile ${profile} failed`;
}

function isSso(profile: Section | undefined): boolean {
  return profile?.['sso_session'] !== undefined || profile?.['sso_start_url'] !== undefined;
}

function title(profile: string): string {
  return profile === 'default' ? profile : `profile ${profile}`;
}

/** The profile, then the one it takes its credentials from, and so on; the last may not exist. */
function sourceChain(name: string, { profiles }: SharedFiles): (readonly [string, Section | undefined])[] {
  const chain: (readonly [string, Section | undefined])[] = [];
  for (let next: string | undefined = name; next !== undefined;) {
    if (chain.some(([seen]) => seen === next)) break;
    const profile: Section | undefined = profiles.get(next);
    chain.push([next, profile]);
    next = profile?.['role_arn'] === undefined ? undefined : profile['source_profile'];
  }
  return chain;
}
