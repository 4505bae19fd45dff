import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STS } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsClientConfig } from '../../../src/aws/client.ts';
import { credentialSource, sourceWarnings, sourceText } from '../../../src/aws/credential/source.ts';
import { awsError, wasNeverSent } from '../../../src/aws/failure.ts';
import { readSharedFiles } from '../../../src/aws/credential/profile.ts';
import { causeLines } from '../../../src/error.ts';

// The real SDK, with config files of the test's own.
let directory: string;
const keys = { AWS_ACCESS_KEY_ID: 'AKIAENVIRONMENT', AWS_SECRET_ACCESS_KEY: 'environment-secret' };
const call = {
  what: 'the AWS caller identity cannot be determined',
  about: 'credentials',
  permissions: 'sts:GetCallerIdentity',
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cnd-credential-'));
  const process = (name: string, command: string): string =>
    `[profile ${name}]\ncredential_process = ${command}\n`;
  const good = `{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s"}`;
  writeFileSync(
    join(directory, 'config'),
    `[default]
region = eu-west-3
[profile work]
region = eu-west-1
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = work
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile orphan]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = gone
[profile behind]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = failing
[profile both]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = admin
[profile login]
login_session = arn:aws:iam::123456789012:user/alice
[profile sso]
sso_session = company
sso_account_id = 123456789012
sso_role_name = admin
[sso-session company]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
${process('failing', `sh -c 'echo the secret is hunter2 >&2; exit 3' --password hunter2`)}
${process('absent', 'cnd-no-such-program --password hunter2')}
${process('garbled', 'echo not json hunter2')}
${process('good', `echo '${good}'`)}
`,
  );
  writeFileSync(
    join(directory, 'credentials'),
    '[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = work-secret\n[both]\naws_access_key_id = AKIABOTH\naws_secret_access_key = s\n',
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

function files(): NodeJS.ProcessEnv {
  return {
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
  };
}

function client(profile: string | undefined, env: NodeJS.ProcessEnv): STS {
  return new STS(awsClientConfig('STS', { profile, region: 'us-east-1' }, { ...files(), ...env }));
}

describe('whose credentials are taken, as by the AWS CLI', () => {
  test.each([
    ['keys beat AWS_PROFILE', undefined, { ...keys, AWS_PROFILE: 'work' }, 'AKIAENVIRONMENT'],
    ['--profile beats the keys', 'work', keys, 'AKIAWORK'],
    ['AWS_PROFILE without keys', undefined, { AWS_PROFILE: 'work' }, 'AKIAWORK'],
    ['AWS_DEFAULT_PROFILE, too', undefined, { AWS_DEFAULT_PROFILE: 'work', AWS_PROFILE: 'gone' }, 'AKIAWORK'],
    ['a credential_process', 'good', {}, 'AKIAPROCESS'],
  ])('%s', async (_, profile, env, expected) => {
    expect((await client(profile, env).config.credentials()).accessKeyId).toBe(expected);
  });

  test('is said in words, and where SDK and CLI differ there is a warning', () => {
    const shared = readSharedFiles(files());
    const env = { ...keys, AWS_PROFILE: 'work' };
    expect(sourceText(credentialSource(undefined, env, shared), env)).toBe('the keys in AWS_ACCESS_KEY_ID');
    const named = { AWS_PROFILE: 'work' };
    expect(sourceText(credentialSource(undefined, named, shared), named)).toBe('profile work (AWS_PROFILE)');
    expect(sourceWarnings(undefined, env, shared)).toMatchObject([
      { message: expect.stringMatching(/AWS_PROFILE=work are both set: the keys are used/) as string },
    ]);
    expect(sourceWarnings('work', keys, shared)).toEqual([]);
    expect(sourceWarnings('both', {}, shared)).toMatchObject([
      {
        message:
          'profile both has a login to IAM Identity Center and keys: the AWS CLI and the SDKs may use different ones',
      },
    ]);
  });
});

describe('credentials that cannot be had are told with their cause and a remedy', () => {
  const failure = async (profile: string | undefined, env: NodeJS.ProcessEnv = {}) => {
    const error: unknown = await client(profile, env)
      .getCallerIdentity({})
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(wasNeverSent(error)).toBe(true);
    return awsError(error, call);
  };

  test.each([
    ['mfa', /profile mfa asks for an MFA code/, /aws configure export-credentials --profile mfa/],
    [
      'orphan',
      /profile orphan takes its credentials from profile gone .* which does not exist/,
      /aws configure --profile gone/,
    ],
    ['failing', /the credential_process of profile failing failed$/, /\[profile failing\] in .* by hand/],
    ['behind', /the credential_process of profile failing failed$/, /\[profile failing\] in .* by hand/],
    ['absent', /the program that profile absent has as its credential_process cannot be run/, /by hand/],
    ['garbled', /credential_process of profile garbled does not print credentials/, /by hand/],
    ['login', /profile login is not logged in|session of aws login/, /aws login --profile login/],
    ['sso', /profile sso is not logged in|SSO session of profile sso/, /aws sso login --profile sso/],
    ['wrok', /there is no profile wrok in .*config or .*credentials/, /there are: .*work/],
  ])('profile %s', async (profile, words, remedy) => {
    const told = await failure(profile);
    expect(told.message).toMatch(words);
    expect(told.hint).toMatch(remedy);
    // What the SDK said is a cause of it, but neither the arguments nor the output of a process.
    if (profile !== 'wrok')
      expect(causeLines(told)).toMatch(/caused by: CredentialFailure: .*\ncaused by: \w*Error: /);
    expect(`${told.message}${told.hint}${told.stack}${causeLines(told)}`).not.toMatch(/hunter2/);
  });

  test('a key without its secret', async () => {
    const told = await failure(undefined, { AWS_ACCESS_KEY_ID: 'AKIA1' });
    expect(told.message).toMatch(/AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not/);
  });

  test('a mistyped profile is not told as a missing region', async () => {
    const sts = new STS(awsClientConfig('STS', { profile: 'wrok' }, files()));
    await expect(sts.getCallerIdentity({})).rejects.toThrow(/there is no profile wrok/);
  });
});
